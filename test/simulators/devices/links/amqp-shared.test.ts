// Many devices on one AMQP connection: what one of them does or suffers is its own affair.
import { describe, expect, it } from 'vitest';
import { TinyAmqpHub } from '../../../support/tiny-amqp-hub.ts';
import { type AnAmqpFleet, anAmqpFleet, type Ear, quiet, until } from './an-amqp-device.ts';

type One = ReturnType<AnAmqpFleet['connect']>;
const uuid = (byte: number): Buffer => Buffer.alloc(16, byte);
const idsUpTo = (count: number): string[] => Array.from({ length: count }, (_, index) => `pump-${index + 1}`);

function fleetOf(devicesPerConnection: number, hub = new TinyAmqpHub()): AnAmqpFleet {
  return anAmqpFleet({ devicesPerConnection }, hub);
}

async function openAll(fleet: AnAmqpFleet, count: number): Promise<One[]> {
  const all = idsUpTo(count).map((id) => fleet.connect(id));
  await until(() => all.every(({ ear }) => ear.heard.length > 0));
  return all;
}

const opened = (all: readonly One[]): number => all.filter(({ connection }) => connection.isOpen).length;
const at = <Item>(items: readonly Item[], index: number): Item => {
  const item = items[index];
  if (item === undefined) throw new Error(`nothing at ${index}`);
  return item;
};

describe('devices that share an AMQP connection', () => {
  it('take as many connections as their number asks for, with one pair of links for tokens each', async () => {
    const fleet = fleetOf(10);
    const all = await openAll(fleet, 25);
    expect(opened(all)).toBe(25);
    expect(fleet.hub.streams).toHaveLength(3);
    expect(fleet.hub.tokens).toHaveLength(25);
    expect(fleet.hub.attached.filter((address) => address === '$cbs')).toHaveLength(6);
    for (const { connection } of all) connection.hangUp();
    await until(() => fleet.hub.streams.every((stream) => stream.destroyed));
    expect(fleet.clock.pending).toBe(0);
  });

  it('get their own methods, twins and messages', async () => {
    const fleet = fleetOf(50);
    const all = await openAll(fleet, 50);
    idsUpTo(50).forEach((id, index) => {
      fleet.hub.call(`/devices/${id}`, id, '', uuid(index));
      fleet.hub.notify(`/devices/${id}`, `{"id":"${id}","$version":9}`);
    });
    await until(() => all.every(({ ear }) => ear.requests.length === 1 && ear.patches.length === 1));
    expect(all.map(({ ear }) => ear.requests[0]?.name)).toEqual(idsUpTo(50));
    expect(all.map(({ ear }) => ear.patches[0]?.patch.id)).toEqual(idsUpTo(50));
    const twins = await Promise.all(all.map(({ connection }) => connection.getTwin()));
    expect(twins.every(({ desiredVersion }) => desiredVersion === 3)).toBe(true);
    await Promise.all(all.map(({ connection }) => connection.send({ body: '1' })));
    expect(fleet.hub.events).toHaveLength(50);
    for (const { connection } of all) connection.drop();
  });

  it('go on when one of them is refused: its token, or one of its links', async () => {
    const fleet = fleetOf(100);
    fleet.hub.tokenStatus = (name) =>
      name.endsWith('/pump-3') ? { status: 401, description: 'unknown device' } : { status: 200, description: '' };
    fleet.hub.refuse = (address) =>
      address === '/devices/pump-5/methods/devicebound'
        ? { condition: 'amqp:not-found', description: '{"message":"no pump-5"}' }
        : undefined;
    const all = await openAll(fleet, 8);
    expect(at(all, 2).ear.heard).toEqual(['closed: refused: unknown device (401)']);
    expect(at(all, 4).ear.heard).toEqual(['closed: refused: no pump-5 (amqp:not-found)']);
    expect(opened(all)).toBe(6);
    expect(fleet.hub.streams).toHaveLength(1);
    // One that failed may come back, over the same connection.
    fleet.hub.refuse = () => undefined;
    const again = await fleet.open('pump-5');
    expect(again.connection.isOpen).toBe(true);
    expect(fleet.hub.streams).toHaveLength(1);
    for (const { connection } of [...all, again]) connection.drop();
  });

  it('go on when one of them is detached by the hub, or refused a new token', async () => {
    const fleet = fleetOf(100);
    const all = await openAll(fleet, 4);
    fleet.hub.link('/devices/pump-2/methods/devicebound', 'to-device').close({
      condition: 'amqp:link:stolen',
      description: 'connected elsewhere',
    });
    fleet.hub.tokenStatus = () => ({ status: 401, description: 'expired' });
    expect(await at(all, 3).connection.renew()).toBe(true);
    await until(() => opened(all) === 2);
    expect(at(all, 1).ear.endings).toEqual([{ detail: 'connected elsewhere (amqp:link:stolen)', refused: false }]);
    expect(at(all, 3).ear.endings).toEqual([{ detail: 'refused: expired (401)', refused: true }]);
    fleet.hub.call('/devices/pump-1', 'm', '', uuid(1));
    await until(() => at(all, 0).ear.requests.length === 1);
    // Nothing of the two is left on the hub.
    await quiet();
    expect(() => fleet.hub.link('/devices/pump-2/twin', 'to-device')).toThrow('no link');
    expect(() => fleet.hub.link('/devices/pump-4/messages/events', 'from-device')).toThrow('no link');
    for (const { connection } of all) connection.drop();
  });

  it('are all told, each once, when the stream ends', async () => {
    const fleet = fleetOf(100);
    const all = await openAll(fleet, 30);
    const waiting = at(all, 7).connection.send({ body: 'x' });
    fleet.hub.event = () => {};
    fleet.hub.streams[0]?.destroy();
    await Promise.allSettled([waiting]);
    await until(() => opened(all) === 0);
    for (const { ear } of all) expect(ear.heard).toEqual(['opened', 'closed: the hub closed the connection']);
    expect(fleet.clock.pending).toBe(0);
  });

  it('can dial again from where they are told, all on one new connection', async () => {
    const fleet = fleetOf(100);
    const all = await openAll(fleet, 20);
    const second: One[] = [];
    for (const { ear } of all) {
      const told = ear.closed.bind(ear);
      ear.closed = (connection, ending) => {
        told(connection, ending);
        second.push(fleet.connect(`again-${second.length}`));
      };
    }
    fleet.hub.streams[0]?.destroy();
    await until(() => second.length === 20 && opened(second) === 20);
    expect(fleet.hub.streams).toHaveLength(2);
    for (const { connection } of second) connection.drop();
  });

  it('detach their links without a goodbye when one drops, and with one when it hangs up', async () => {
    const fleet = fleetOf(100);
    const all = await openAll(fleet, 3);
    at(all, 0).connection.drop();
    await until(() => fleet.hub.detached.length === 6);
    expect(fleet.hub.detached.every(({ address, closed }) => address.includes('pump-1') && !closed)).toBe(true);
    fleet.hub.call('/devices/pump-2', 'm', '', uuid(1));
    await until(() => at(all, 1).ear.requests.length === 1);
    for (const request of at(all, 1).ear.requests) at(all, 1).connection.reply(request, 200, '"last"');
    at(all, 1).connection.hangUp();
    await until(() => fleet.hub.detached.length === 12);
    expect(fleet.hub.answers.map(({ body }) => body)).toEqual(['"last"']);
    expect(fleet.hub.detached.slice(6).every(({ address, closed }) => address.includes('pump-2') && closed)).toBe(true);
    expect(at(all, 2).connection.isOpen).toBe(true);
    expect(fleet.hub.ends).toBe(0);
    at(all, 2).connection.hangUp();
    await until(() => fleet.hub.ends === 1);
    const told = (ear: Ear) => ear.heard.filter((line) => line.startsWith('closed'));
    expect(all.flatMap(({ ear }) => told(ear))).toEqual([]);
  });

  it('come back on the same connection after a drop, again and again', async () => {
    const fleet = fleetOf(10);
    const stay = await fleet.open('pump-0');
    for (let round = 0; round < 20; round++) {
      const one = await fleet.open('pump-1');
      expect(one.connection.isOpen).toBe(true);
      if (round % 2) one.connection.drop();
      else one.connection.hangUp();
    }
    expect(fleet.hub.streams).toHaveLength(1);
    await until(() => fleet.hub.detached.length === 120);
    expect(stay.connection.isOpen).toBe(true);
    stay.connection.drop();
  });

  it('do not wait for one another when the hub gives one of them no credit', async () => {
    const hub = new TinyAmqpHub({ credit: 2 });
    const fleet = fleetOf(10, hub);
    const all = await openAll(fleet, 2);
    // The hub settles nothing of pump-1 and, without being told to go on, gives it no more than two.
    const slow = at(all, 0).connection;
    const link = hub.link('/devices/pump-1/messages/events', 'from-device') as unknown as {
      set_credit_window(n: number): void;
    };
    expect(link).toBeDefined();
    const lost = Promise.allSettled(Array.from({ length: 50 }, (_, index) => slow.send({ body: String(index) })));
    await Promise.all(Array.from({ length: 20 }, () => at(all, 1).connection.send({ body: 'x' })));
    await lost;
    expect(hub.events).toHaveLength(70);
    for (const { connection } of all) connection.drop();
  });

  it('renew without a lost call, all at once', async () => {
    const fleet = fleetOf(100);
    const all = await openAll(fleet, 40);
    const callAll = (name: string): void => {
      for (const [index, id] of idsUpTo(40).entries()) fleet.hub.call(`/devices/${id}`, name, '', uuid(index));
    };
    callAll('before');
    const renewing = Promise.all(all.map(({ connection }) => connection.renew()));
    callAll('after');
    expect(await renewing).toEqual(Array(40).fill(true));
    await until(() => all.every(({ ear }) => ear.requests.length === 2));
    for (const { ear, connection } of all) for (const request of ear.requests) connection.reply(request, 200, '');
    await until(() => fleet.hub.answers.length === 80);
    expect(fleet.hub.tokens).toHaveLength(80);
    expect(fleet.hub.streams).toHaveLength(1);
    for (const { connection } of all) connection.drop();
  });
});
