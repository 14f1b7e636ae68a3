// Direct methods (reference section 5): each call is waiting for its device, waiting for its answer, or over; it is settled exactly once.
import type { Clock } from '../../clock/clock.ts';
import { Waits } from '../../clock/waits.ts';
import type { Emit, HubFact } from '../../vocabulary/facts.ts';
import { type DeviceId, type FaultName, type RequestId, requestId } from '../../vocabulary/ids.ts';
import { type FaultHooks, noFaults } from '../../vocabulary/passages.ts';
import { type Refusal, refuse } from '../../vocabulary/service-errors.ts';
import type { Millis } from '../../vocabulary/units.ts';
import type { Connections, DeviceConnection } from '../connections/connections.ts';
import { stopped } from '../failed.ts';
import { notFound } from '../registry/not-found.ts';
import type { Identity } from '../registry/registry.ts';
import { excerptOf, Invocation } from './invocation.ts';
import { LedCalls } from './led-calls.ts';
import { payloadLimit, readMethodRequest } from './method-request.ts';
import type { MethodAnswer, Methods } from './methods.ts';

/** Request ids whose device is remembered, to tell a late or second answer from one never asked for. A power of two. */
const remembered = 16_384;
/** Request ids of calls that are over and that faults struck, for the same. */
const mostStruck = 4_096;

export interface MethodsOptions {
  readonly clock: Clock;
  readonly emit: Emit<HubFact>;
  readonly find: (id: string) => Identity | undefined;
  readonly connections: Connections;
  /** @default nothing is wrong, ever */
  readonly faults?: FaultHooks | undefined;
}

export function openMethods({ clock, emit, find, connections, faults = noFaults }: MethodsOptions): Methods {
  let calls = 0;
  let lastRid = 0;
  /** Sent and not yet answered, by request id. */
  const sent = new Map<string, Invocation>();
  /** Waiting for their device within the connect timeout, oldest first. */
  const waiting = new Map<DeviceId, Set<Invocation>>();
  let waitingCount = 0;
  let stopping = false;
  /** Oldest first. */
  const struck = new Map<string, readonly FaultName[]>();
  const askedOf: (DeviceId | undefined)[] = new Array(remembered).fill(undefined);
  /** One timer per length of timeout in use, not one per call: at most 300 lengths exist. */
  const lengths = new Map<Millis, Waits>();

  function waitsOf(length: Millis): Waits {
    let waits = lengths.get(length);
    if (waits === undefined) {
      waits = new Waits(clock, length);
      lengths.set(length, waits);
    }
    return waits;
  }

  function end(invocation: Invocation, outcome: MethodAnswer | Refusal): void {
    if (invocation.touched) remember(invocation);
    emit(invocation.ended(clock.now(), outcome));
    invocation.settle(outcome);
  }

  function remember({ rid, faults: names }: Invocation): void {
    if (rid === undefined || names === undefined) return;
    struck.set(rid, names);
    if (struck.size <= mostStruck) return;
    for (const oldest of struck.keys()) {
      struck.delete(oldest);
      return;
    }
  }

  function send(invocation: Invocation, connection: DeviceConnection): void {
    const { asked } = invocation;
    lastRid += 1;
    const rid = requestId(lastRid.toString(16));
    askedOf[lastRid % remembered] = invocation.device;
    invocation.rid = rid;
    invocation.connection = connection;
    sent.set(rid, invocation);
    invocation.wait = waitsOf(asked.responseTimeout).begin(() => unanswered(invocation));
  }

  /** After the fact 'begun' was emitted: the device may answer, or be found gone, while this runs. */
  function deliver(invocation: Invocation): void {
    const { rid, connection, device } = invocation;
    if (rid === undefined || connection === undefined) return;
    const through = faults.at('delivery', device);
    if (through === undefined) transmit(invocation, rid, connection);
    else led.delivery(through, invocation, rid, connection);
  }

  function transmit(invocation: Invocation, rid: RequestId, connection: DeviceConnection): void {
    const { asked, device } = invocation;
    invocation.sentAt = clock.now();
    connection.sendMethod(asked.method, rid, asked.payload);
    faults.noteEvent?.('called', device, asked.method);
  }

  function forget(invocation: Invocation): void {
    if (invocation.wait) waitsOf(invocation.asked.responseTimeout).end(invocation.wait);
    if (invocation.rid !== undefined) sent.delete(invocation.rid);
  }

  function unanswered(invocation: Invocation): void {
    forget(invocation);
    const info = { timeout: spanOf(invocation.asked.responseTimeout) };
    end(invocation, refuse('GatewayTimeout', 'Timed out waiting for the response from device.', info));
  }

  function park(invocation: Invocation): void {
    const { device, asked } = invocation;
    const others = waiting.get(device);
    if (others) others.add(invocation);
    else waiting.set(device, new Set([invocation]));
    waitingCount += 1;
    invocation.wait = waitsOf(asked.connectTimeout).begin(() => {
      unpark(invocation);
      end(invocation, notOnline(asked.connectTimeout));
    });
  }

  function unpark(invocation: Invocation): void {
    const { device, asked, wait } = invocation;
    if (wait) waitsOf(asked.connectTimeout).end(wait);
    invocation.wait = undefined;
    const others = waiting.get(device);
    if (others?.delete(invocation)) waitingCount -= 1;
    if (others?.size === 0) waiting.delete(device);
  }

  function begin(invocation: Invocation): void {
    const through = stopping ? undefined : faults.at('request', invocation.device);
    if (through === undefined) {
      attempt(invocation, false);
      return;
    }
    tell(invocation);
    led.request(through, invocation);
  }

  function tell(invocation: Invocation): void {
    const { asked, device, call, begunAt } = invocation;
    emit(invocation.begun());
    for (const text of asked.hints) emit({ type: 'hint.given', at: begunAt, device, call, text });
  }

  /** Both timeouts begin here: what held the call up before is the service's own time, and the caller's to wait. */
  function attempt(invocation: Invocation, told: boolean): void {
    const { asked, device } = invocation;
    const refusal = stopping ? stopped : (asked.refusal ?? unusable(device));
    const connection = refusal === undefined ? connections.find(device) : undefined;
    const listens = connection?.listensForMethods === true;
    if (listens) send(invocation, connection);
    if (!told) tell(invocation);
    if (refusal !== undefined) end(invocation, refusal);
    else if (listens) deliver(invocation);
    else if (asked.connectTimeout === 0) end(invocation, notOnline(0));
    else park(invocation);
  }

  function complete(invocation: Invocation, answer: MethodAnswer): void {
    forget(invocation);
    end(invocation, answer);
  }

  function drop(device: DeviceId, rid: string, status: number): void {
    if (stopping) return;
    const why = wasAsked(rid, device) ? 'late' : 'unknown';
    const names = why === 'late' ? struck.get(rid) : undefined;
    const byFaults = names && { faults: names };
    emit({ type: 'answer.dropped', at: clock.now(), device, rid, deviceStatus: status, why, ...byFaults });
  }

  const led = new LedCalls({
    now: () => clock.now(),
    begin: (invocation) => attempt(invocation, true),
    end,
    waits: (invocation, rid) => sent.get(rid) === invocation,
    transmit,
    complete,
    drop,
  });

  const methods: Methods = {
    invoke(device, body) {
      const asked = readMethodRequest(body);
      return new Promise((settle) => {
        calls += 1;
        const shown = asked.method === '' && asked.refusal !== undefined ? body : asked.payload;
        begin(new Invocation(calls, device, clock.now(), asked, excerptOf(shown), settle));
      });
    },

    answered(connection, rid, status, payload) {
      const invocation = sent.get(rid);
      if (invocation?.connection !== connection) {
        drop(connection.device, rid, status);
        return;
      }
      if (payload.length > payloadLimit) {
        const text = `The device answered with ${payload.length} bytes; the hub takes at most ${payloadLimit} (128 KB) and dropped it. The call goes on waiting.`;
        emit({ type: 'hint.given', at: clock.now(), device: connection.device, call: invocation.call, text });
        return;
      }
      const through = faults.at('answer', connection.device);
      if (through === undefined) complete(invocation, { status, payload });
      else led.answer(through, invocation, connection, { status, payload });
    },

    listening(connection) {
      for (const invocation of [...(waiting.get(connection.device) ?? [])]) {
        // A write may end the connection; who has not been sent then goes on waiting for the next one.
        if (!connection.listensForMethods) return;
        unpark(invocation);
        send(invocation, connection);
        deliver(invocation);
      }
    },

    lost(connection, replaced) {
      // Walks all calls in flight: connections end far less often than calls do, and a list per device would cost every call.
      for (const invocation of sent.values()) {
        if (invocation.connection !== connection) continue;
        forget(invocation);
        end(
          invocation,
          replaced
            ? refuse('ConnectionForcefullyClosedOnNewConnection', 'BadRequest')
            : refuse('DeviceConnectionClosedRemotely', 'The device closed its connection before it answered.'),
        );
      }
    },

    get inFlight() {
      return sent.size + waitingCount + led.size;
    },

    stop() {
      stopping = true;
      for (const invocation of sent.values()) {
        forget(invocation);
        end(invocation, stopped);
      }
      for (const invocation of [...waiting.values()].flatMap((set) => [...set])) {
        unpark(invocation);
        end(invocation, stopped);
      }
      for (const invocation of led.takeHeld()) end(invocation, stopped);
    },
  };

  function unusable(id: DeviceId): Refusal | undefined {
    const why = 'is not registered or is disabled';
    const identity = find(id);
    if (identity === undefined) return notFound(id, find, why);
    // Of a module too it is the device that is disabled.
    return identity.status === 'enabled'
      ? undefined
      : refuse('DeviceNotFound', `Device '${identity.deviceId}' ${why}.`);
  }

  /** Whether this device was once asked under this id; beyond what is remembered it gets the benefit of the doubt. */
  function wasAsked(rid: string, device: DeviceId): boolean {
    if (!/^[1-9a-f][0-9a-f]{0,11}$/.test(rid)) return false;
    const number = Number.parseInt(rid, 16);
    if (number > lastRid) return false;
    return number <= lastRid - remembered || askedOf[number % remembered] === device;
  }

  connections.observe(methods);
  return methods;
}

const notOnline = (timeout: Millis): Refusal =>
  refuse(
    'DeviceNotOnline',
    "The operation failed because the requested device isn't online or hasn't registered the direct method callback. To learn more, see https://aka.ms/iothub404103",
    { timeout: spanOf(timeout) },
  );

/** A .NET TimeSpan of whole seconds: `00:05:00`. */
function spanOf(length: Millis): string {
  const two = (count: number) => String(count).padStart(2, '0');
  const all = Math.round(length / 1_000);
  return `${two(Math.floor(all / 3_600))}:${two(Math.floor(all / 60) % 60)}:${two(all % 60)}`;
}
