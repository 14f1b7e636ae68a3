// A process killed while it takes messages in and settles them: what it acknowledged is as it said, and no feedback is lost.
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { openMessages } from '../../../../simulators/hub/messages/messages.ts';
import { openStore } from '../../../../simulators/hub/store/store.ts';
import { deviceId } from '../../../../simulators/vocabulary/ids.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';
import { startDoomed } from '../doomed.ts';
import { aFolder } from '../hub/a-hub.ts';
import { identity } from '../parts.ts';

test.each([50, 700])(
  'killed after %i acknowledgements, nothing is lost and nothing settled comes again',
  async (enough) => {
    const folder = aFolder();
    const { child, lines } = await startDoomed(new URL('./send-and-settle.ts', import.meta.url), folder);
    const devices = new Set<string>();
    const waiting = new Set<string>();
    const settled = new Set<string>();
    let count = 0;
    for await (const line of lines) {
      const [device = '', what, id = ''] = line.split(' ');
      devices.add(device);
      if (what === 'sent') waiting.add(id);
      else settled.add(id);
      count += 1;
      if (count === enough) child.kill('SIGKILL');
    }
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    expect(child.signalCode).toBe('SIGKILL');
    for (const id of settled) waiting.delete(id);

    const clock = new VirtualClock(Date.now());
    const store = openStore(folder, clock.now());
    onTestFinished(() => store.close());
    const messages = openMessages({
      clock,
      emit: () => {},
      store,
      randomBytes: (size) => Buffer.alloc(size, 1),
      find: (id) => identity(id),
      connections: { find: () => undefined },
      throttling: { take: () => undefined },
    });
    const found: string[] = [];
    for (const device of [...devices].map(deviceId)) {
      for (let next = messages.receive(device); next !== undefined; next = messages.receive(device)) {
        found.push(next.message.system.messageId ?? '');
      }
    }
    await clock.advance(15_000);
    const told: string[] = [];
    for (let next = messages.feedback.receive(); next !== undefined; next = messages.feedback.receive()) {
      told.push(...next.records.map(({ originalMessageId }) => originalMessageId));
    }
    messages.stop();
    expect([new Set(found).size, new Set(told).size]).toEqual([found.length, told.length]);
    // One step may have been kept of which nobody was told any more: a message taken in, or one settled with its feedback.
    const unheard = [...waiting].filter((id) => !found.includes(id));
    expect(unheard.length).toBeLessThanOrEqual(1);
    expect(told.filter((id) => !settled.has(id))).toEqual(unheard);
    expect([...settled].filter((id) => !told.includes(id) || found.includes(id))).toEqual([]);
    expect(found.filter((id) => !waiting.has(id)).length).toBeLessThanOrEqual(1 - unheard.length);
  },
);
