// The hub's messages over a real store in memory and a clock that moves when told, with the facts they reported.
import { randomBytes } from 'node:crypto';
import type { SystemProperties } from '../../../../simulators/hub/messages/messages.ts';
import { openMessages } from '../../../../simulators/hub/messages/messages.ts';
import type { Identity } from '../../../../simulators/hub/registry/registry.ts';
import { openStore } from '../../../../simulators/hub/store/store.ts';
import { openThrottling } from '../../../../simulators/hub/throttling/throttling.ts';
import { deviceId } from '../../../../simulators/vocabulary/ids.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';
import { Facts, FakeConnection, identity } from '../parts.ts';

export const pump = deviceId('pump');

export function aQueue(ids: readonly string[] = ['pump']) {
  const clock = new VirtualClock();
  const facts = new Facts();
  const store = openStore(undefined, clock.now());
  const identities = new Map<string, Identity>(ids.map((id) => [id, identity(id)]));
  const connection = new FakeConnection('pump');
  const throttling = openThrottling({ clock, emit: facts.emit });
  const open = () =>
    openMessages({
      clock,
      emit: facts.emit,
      store,
      randomBytes,
      find: (id) => identities.get(id),
      connections: { find: (id) => (id === connection.device ? connection : undefined) },
      throttling,
    });
  let messages = open();
  return {
    clock,
    facts,
    store,
    identities,
    connection,
    throttling,
    get messages() {
      return messages;
    },
    /** What a kill and a new start do: nothing is told to stop, everything is read from the store. */
    restart() {
      messages.stop();
      messages = open();
    },
    send: (body: string, system: SystemProperties = {}, application: Record<string, string> = {}) =>
      messages.send({
        body: Buffer.from(body),
        system: { to: '/devices/pump/messages/devicebound', ...system },
        application,
      }),
    outcomes: () => facts.of('message.settled').map(({ sequence, outcome }) => [sequence, outcome]),
  };
}
