// Threads of a lab that die: the others still get their orders, and nobody waits for the dead.
import { expect, onTestFinished, test } from 'vitest';
import { anchorNow } from '../../../simulators/clock/system.ts';
import { type CrewOptions, startCrew } from '../../../simulators/lab/crew.ts';
import { fleetName } from '../../../simulators/vocabulary/ids.ts';
import { until } from '../../support/a-lab.ts';

/** Answers every call with nothing; dies when told to start the fleet `last`. */
const worker = new URL(
  `data:text/javascript,${encodeURIComponent(`
    import { parentPort } from 'node:worker_threads';
    parentPort.on('message', ({ kind, id, name, argument }) => {
      if (kind !== 'call') return;
      if (name === 'startFleet' && argument === 'last') process.exit(7);
      parentPort.postMessage({ kind: 'answer', id, value: undefined });
    });
  `)}`,
);

async function aCrew() {
  const failures: string[] = [];
  const options: CrewOptions = {
    ...{
      version: '0.0.0-test',
      seed: 7,
      anchor: anchorNow(),
      workers: { hub: worker, fleet: worker },
      fleetWorkers: 1,
    },
    hub: {
      ...{ folder: undefined, hostName: 'localhost' },
      listen: { host: '127.0.0.1', https: false, http: false, mqtts: false, mqtt: false, amqps: false, amqp: false },
    },
    ...{ onFacts: () => {}, onShed: () => {} },
    onFailure: (error) => failures.push(error.message),
  };
  const crew = await startCrew(options);
  onTestFinished(() => crew.stop());
  return { crew, failures };
}

test('a call under way when its thread dies is over, and so are all after it; the failure is told once', async () => {
  const { crew, failures } = await aCrew();
  await crew.tell('startFleet', fleetName('first'));
  await crew.tell('startFleet', fleetName('last'));
  await until(() => failures.length > 0);
  await crew.tell('stopFleet', fleetName('first'));
  expect(failures).toEqual(['the fleet worker 1 stopped with code 7']);
  await expect(
    crew.addFleet({ devices: [], spec: { hub: 'local' } } as unknown as Parameters<typeof crew.addFleet>[0]),
  ).rejects.toMatchObject({
    code: 'worker.failed',
  });
});

test('orders to a crew that was stopped go nowhere', async () => {
  const { crew, failures } = await aCrew();
  await crew.stop();
  await crew.tell('startFleet', fleetName('first'));
  expect(failures).toEqual([]);
});
