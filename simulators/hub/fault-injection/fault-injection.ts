// Obeys the commands that Microsoft's device SDK tests send as telemetry (commands.ts), so that they run against this hub. The local hub always
// does: it is there to be broken. A command is about the device that sent it; what it shares with others on one connection (TCP, the connection, a
// session, the token links) falls for these too, since one client holds it for all of them. What the service does was read off those tests and
// their authors' words, and differs in three points:
// - Kills strike once, after the delay; the device may come back at once, whatever duration is given (azure-iot-sdk-csharp pull request 2745).
// - A command is acknowledged before it strikes, over MQTT too, where the service leaves it unanswered (azure-iot-sdk-java pull request 832) and an
//   SDK sends it again and again. Only a reset without delay may overtake the acknowledgement. A link is cut alone; the service is known to end the
//   whole connection (azure-iot-sdk-csharp issue 950).
// - Throttling, quota and authentication errors refuse the telemetry of the device that asked, from the delay on for the duration; on the service
//   the whole hub may feel them. Over HTTPS, where a device has no connection, the command itself is refused already.
import type { Cancel, Clock } from '../../clock/clock.ts';
import type { Emit, HubFact } from '../../vocabulary/facts.ts';
import { type DeviceId, type FaultName, faultName } from '../../vocabulary/ids.ts';
import { type Refusal, refuse } from '../../vocabulary/service-errors.ts';
import type { Instant, Millis } from '../../vocabulary/units.ts';
import type { Connections } from '../connections/connections.ts';
import type { Message } from '../messages/messages.ts';
import { type Command, commandNames, readCommand } from './commands.ts';

export interface FaultInjection {
  /** A message of a device came in; gives why it is refused. */
  heard(device: DeviceId, message: Message): Refusal | undefined;
  /** What was to be cut later is spared. */
  stop(): void;
}

export interface FaultInjectionOptions {
  readonly clock: Clock;
  readonly emit: Emit<HubFact>;
  readonly connections: Pick<Connections, 'find' | 'observe'>;
}

/** What one device may have coming; more is not obeyed, so that no device fills the hub's memory. */
export const mostComing = 100;

interface Refusing {
  readonly fault: FaultName;
  readonly from: Instant;
  readonly until: Instant;
  readonly refusal: Refusal;
  told: boolean;
}

export function openFaultInjection({ clock, emit, connections }: FaultInjectionOptions): FaultInjection {
  const refusing = new Map<DeviceId, Refusing>();
  /** By device; no entry where nothing is coming. */
  const coming = new Map<DeviceId, Set<Cancel>>();

  const hint = (device: DeviceId, text: string): void => emit({ type: 'hint.given', at: clock.now(), device, text });

  function strike(device: DeviceId, { type, operation, reason }: Command): void {
    if (operation.kill === undefined) return;
    const connection = connections.find(device);
    if (connection === undefined) {
      hint(device, `${commandNames.type}: ${type} found no connection to cut; the device is not connected.`);
    } else if (operation.over !== undefined && !connection.protocol.startsWith(operation.over)) {
      hint(device, `${commandNames.type}: ${type} cuts nothing over ${connection.protocol}; send KillTcp.`);
    } else {
      connection.kill(operation.kill, injected(type), reason === '' ? type : `${type}: ${reason}`);
    }
  }

  /** Never at once, so that the message is acknowledged first. */
  function later(device: DeviceId, delay: Millis, run: () => void): void {
    const own = coming.get(device) ?? new Set();
    if (own.size >= mostComing) {
      hint(
        device,
        `${commandNames.type}: ${mostComing} cuts of this device are to come already; this one is not obeyed.`,
      );
      return;
    }
    coming.set(device, own);
    const cancel = clock.after(delay, () => {
      own.delete(cancel);
      if (own.size === 0) coming.delete(device);
      run();
    });
    own.add(cancel);
  }

  function spare(device: DeviceId): void {
    for (const cancel of coming.get(device) ?? []) cancel();
    coming.delete(device);
  }

  function obey(device: DeviceId, command: Command): void {
    const { type, operation, reason, delay, duration } = command;
    if (operation.refuse === undefined) {
      later(device, delay, () => strike(device, command));
      return;
    }
    const from = clock.now() + delay;
    const refusal = refuse(operation.refuse, `Asked for by ${type}${reason === '' ? '' : `: ${reason}`}.`);
    refusing.set(device, { fault: injected(type), from, until: from + duration, refusal, told: false });
  }

  function refusalOf(device: DeviceId): Refusal | undefined {
    const asked = refusing.get(device);
    if (asked === undefined) return undefined;
    const at = clock.now();
    if (at < asked.from) return undefined;
    if (at >= asked.until) {
      refusing.delete(device);
      return undefined;
    }
    const { fault, refusal } = asked;
    if (!asked.told)
      emit({ type: 'fault.struck', at, fault, device, what: `had telemetry refused (${refusal.number})` });
    asked.told = true;
    if (refusal.status === 429) emit({ type: 'throttle.hit', at, kind: 'telemetry', device });
    return refusal;
  }

  connections.observe({
    listening() {},
    lost() {},
    // One of the same name that comes later asked for nothing.
    forgotten(device) {
      spare(device);
      refusing.delete(device);
    },
  });

  return {
    heard(device, { application }) {
      const refusal = refusing.size === 0 ? undefined : refusalOf(device);
      if (refusal !== undefined || application[commandNames.type] === undefined) return refusal;
      const command = readCommand(application);
      if (typeof command === 'string') {
        hint(device, `${command} The command was not obeyed.`);
        return undefined;
      }
      obey(device, command);
      return connections.find(device) === undefined ? refusalOf(device) : undefined;
    },

    stop() {
      for (const device of [...coming.keys()]) spare(device);
    },
  };
}

const injected = (type: string): FaultName => faultName(`injected-${type}`);
