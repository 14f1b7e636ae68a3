// A process killed in the middle of a burst of twin updates: all it acknowledged is there afterwards.
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { startDoomed } from '../doomed.ts';
import { aFolder, aHub } from '../hub/a-hub.ts';

test.each([40, 400, 1_500])('killed after %i acknowledged updates, nothing of them is lost', async (enough) => {
  const folder = aFolder();
  const { child, lines } = await startDoomed(new URL('./burst.ts', import.meta.url), folder);
  const acknowledged = new Map<string, number>();
  let count = 0;
  for await (const line of lines) {
    const [device = '', value] = line.split(' ');
    acknowledged.set(device, Number(value));
    count += 1;
    if (count === enough) child.kill('SIGKILL');
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  expect(child.signalCode).toBe('SIGKILL');
  expect(count).toBeGreaterThanOrEqual(enough);

  const { ask, hub } = await aHub({ folder });
  expect(hub.status.notices).toEqual([]);
  for (const [device, value] of acknowledged) {
    const { body } = await ask('GET', `/twins/${device}`);
    const { desired, reported } = (
      body as { properties: Record<'desired' | 'reported', { value: number; $version: number }> }
    ).properties;
    // One more may have been kept that nobody was told of any more; never one less.
    expect(desired.value).toBeGreaterThanOrEqual(value);
    expect(reported.value).toBeGreaterThanOrEqual(value);
    expect(desired.$version).toBe(desired.value + 1);
    expect(reported.$version).toBe(reported.value + 1);
  }
});
