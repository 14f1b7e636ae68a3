// Run as a process of its own by kill.test.ts: takes messages in and settles every third, and prints each once it was acknowledged.
import { randomBytes } from 'node:crypto';
import { writeSync } from 'node:fs';
import { systemClock } from '../../../../simulators/clock/system.ts';
import { openMessages } from '../../../../simulators/hub/messages/messages.ts';
import { openStore } from '../../../../simulators/hub/store/store.ts';
import { openThrottling } from '../../../../simulators/hub/throttling/throttling.ts';
import { deviceId } from '../../../../simulators/vocabulary/ids.ts';
import { identity } from '../parts.ts';

const clock = systemClock();
const emit = () => {};
const messages = openMessages({
  clock,
  emit,
  store: openStore(process.argv[2], clock.now()),
  randomBytes,
  find: (id) => identity(id),
  connections: { find: () => undefined },
  throttling: openThrottling({ clock, emit }),
});

for (let number = 1; ; number++) {
  // So that no queue is ever full.
  const device = deviceId(`d${Math.floor(number / 40)}`);
  const system = { to: `/devices/${device}/messages/devicebound`, messageId: `m-${number}`, ack: 'full' } as const;
  const refusal = messages.send({ body: Buffer.alloc(500, 120), system, application: {} });
  if (refusal !== undefined) throw new Error(refusal.message);
  writeSync(1, `${device} sent m-${number}\n`);
  if (number % 3 !== 0) continue;
  const delivery = messages.receive(device);
  if (delivery === undefined || messages.complete(device, delivery.lockToken) !== undefined) throw new Error('refused');
  writeSync(1, `${device} settled ${delivery.message.system.messageId}\n`);
}
