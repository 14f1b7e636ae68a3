// Five thousand devices in one program, over plain loopback: how soon all are online, and whether a click is still answered meanwhile.
import type { LabCalls } from '../ours/lab.process.ts';
import type { Group } from './group.ts';

const devices = 5_000;

export const fleet: Group = async ({ programs, runs, say }) => {
  const seconds: number[] = [];
  const clicks: number[] = [];
  for (let round = 1; round <= runs; round++) {
    say(`fleet: run ${round} of ${runs}`);
    const lab = programs.start<LabCalls>('ours/lab.process');
    await lab.call('open', { fleetWorkers: 1 });
    const added = await lab.call('addFleet', {
      ...{ name: 'bench', count: devices, id: 'ours-{index:00000}' },
      connect: { perSecond: 100_000 },
    });
    seconds.push(added.seconds);
    clicks.push(added.slowestClick);
    await lab.stop();
  }
  return [
    { name: 'fleet.online', unit: 's', ours: seconds, goal: { of: 'value', at: 'most', bound: 15 } },
    { name: 'fleet.slowest-click', unit: 'ms', ours: clicks, goal: { of: 'value', at: 'most', bound: 100 } },
  ];
};
