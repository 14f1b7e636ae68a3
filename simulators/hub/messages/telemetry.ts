// Messages that devices send: checked, counted and reported. The hub keeps none of them.
import type { Clock } from '../../clock/clock.ts';
import type { Emit, HubFact } from '../../vocabulary/facts.ts';
import type { DeviceId } from '../../vocabulary/ids.ts';
import { type Refusal, refuse } from '../../vocabulary/service-errors.ts';
import type { FaultInjection } from '../fault-injection/fault-injection.ts';
import { excerptOf } from '../methods/invocation.ts';
import type { Throttling } from '../throttling/throttling.ts';
import type { Message, Messages } from './messages.ts';
import { largestTelemetry, shownProperties, sizeOf } from './sizes.ts';

export interface TelemetryOptions {
  readonly clock: Clock;
  readonly emit: Emit<HubFact>;
  readonly throttling: Pick<Throttling, 'take'>;
  /** Left out, no message is a command. */
  readonly injection?: Pick<FaultInjection, 'heard'> | undefined;
}

export function takeTelemetry(options: TelemetryOptions): Pick<Messages, 'received' | 'receivedBatch'> {
  const { clock, emit, throttling, injection } = options;

  function refusalOf(device: DeviceId, bytes: number, count: number): Refusal | undefined {
    if (bytes <= largestTelemetry) return throttling.take('telemetry', 1, device, bytes);
    const what = count === 1 ? 'The message' : `The batch of ${count} messages`;
    const text = `${what} has ${bytes} bytes with its properties; at most ${largestTelemetry} are allowed.`;
    return refuse('MessageTooLarge', text);
  }

  function report(device: DeviceId, message: Message, will: boolean | undefined): void {
    const properties = shownProperties(message);
    emit({
      type: 'message.received',
      at: clock.now(),
      device,
      body: excerptOf(message.body),
      ...(properties === undefined ? undefined : { properties }),
      ...(will === true ? { will } : undefined),
    });
  }

  return {
    received(device, message, will) {
      const asked = will === true ? undefined : injection?.heard(device, message);
      const refusal = asked ?? refusalOf(device, sizeOf(message), 1);
      if (refusal === undefined) report(device, message, will);
      return refusal;
    },

    receivedBatch(device, messages) {
      for (const message of messages) {
        const asked = injection?.heard(device, message);
        if (asked !== undefined) return asked;
      }
      const bytes = messages.reduce((sum, message) => sum + sizeOf(message), 0);
      const refusal = refusalOf(device, bytes, messages.length);
      if (refusal === undefined) for (const message of messages) report(device, message, undefined);
      return refusal;
    },
  };
}
