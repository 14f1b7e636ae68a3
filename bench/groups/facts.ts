// Five thousand facts a second from a worker thread to the host: what sending, reading and recording them costs both sides together.
import type { FactsHostCalls } from '../facts/host.process.ts';
import type { Group } from './group.ts';

const perSecond = 5_000;
const seconds = 4;

export const facts: Group = async ({ programs, runs, say }) => {
  const host = programs.start<FactsHostCalls>('facts/host.process');
  await host.call('measure', { perSecond, seconds: 2 }); // warms up
  const shares: number[] = [];
  for (let round = 1; round <= runs; round++) {
    say(`facts: run ${round} of ${runs}`);
    shares.push((await host.call('measure', { perSecond, seconds })).share * 100);
  }
  await programs.stopAll();
  return [{ name: 'facts.cost', unit: '% of a core', ours: shares, goal: { of: 'value', at: 'most', bound: 5 } }];
};
