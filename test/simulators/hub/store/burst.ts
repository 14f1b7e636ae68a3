// Run as a process of its own by kill.test.ts: changes twins as fast as it can and prints each change once it was acknowledged.
import { randomBytes } from 'node:crypto';
import { writeSync } from 'node:fs';
import { systemClock } from '../../../../simulators/clock/system.ts';
import { openRegistry, type Registry } from '../../../../simulators/hub/registry/registry.ts';
import { openStore } from '../../../../simulators/hub/store/store.ts';
import { openTwins } from '../../../../simulators/hub/twins/twins.ts';
import { deviceId } from '../../../../simulators/vocabulary/ids.ts';
import { Refusal } from '../../../../simulators/vocabulary/service-errors.ts';

const clock = systemClock();
const store = openStore(process.argv[2], clock.now());
const offline = () => ({ connected: false });
const twins = openTwins({
  clock,
  emit: () => {},
  store,
  find: (id) => registry.find(id),
  activity: offline,
  notify: () => false,
});
const registry: Registry = openRegistry({
  clock,
  emit: () => {},
  store,
  randomBytes,
  twins,
  activity: offline,
  close: () => {},
});

const names = ['d0', 'd1', 'd2', 'd3', 'd4'];
for (const name of names) registry.put(name, {}, undefined);
for (let value = 1; ; value++) {
  for (const name of names) {
    const id = deviceId(name);
    const patched = twins.patch(id, { properties: { desired: { value } } }, undefined);
    const reported = twins.report(id, JSON.stringify({ value, padding: 'x'.repeat(1_000) }));
    if (patched instanceof Refusal || reported instanceof Refusal) throw new Error('refused');
    writeSync(1, `${name} ${value}\n`);
  }
}
