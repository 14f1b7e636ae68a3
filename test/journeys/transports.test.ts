// Five hundred devices, a quarter on each transport, on one hub: all online, all answering, and back when a third of the wires is cut.
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { fleetSpecSchema, type LinkProtocol } from '../../simulators/vocabulary/specs.ts';
import { aFleet, type FactOf } from '../support/a-fleet.ts';
import { until } from '../support/a-lab.ts';

/** Passes bytes on to a door, and can cut the wires between. */
async function aRelay(to: { readonly host: string; readonly port: number }) {
  const wires = new Set<Socket>();
  const server = createServer((outside) => {
    const inside = connect(to);
    wires.add(outside);
    outside.setNoDelay(true);
    inside.setNoDelay(true);
    outside.pipe(inside).pipe(outside);
    for (const [one, other] of [
      [outside, inside],
      [inside, outside],
    ] as const) {
      one.on('error', () => {});
      one.on('close', () => {
        wires.delete(outside);
        other.destroy();
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const wire of wires) wire.destroy();
    server.close();
  });
  const { port } = server.address() as { port: number };
  return { address: { host: '127.0.0.1', port }, wires };
}

test('500 devices, a quarter on each transport, answer 1,000 methods and come back when a third of their wires is cut', async () => {
  const spec = fleetSpecSchema.parse({
    ...{ name: 'pumps', count: 500, id: 'pump-{index:000}', behaviour: { kind: 'echo' }, devicesPerConnection: 3 },
    protocol: { mqtt: 25, 'mqtt-ws': 25, amqp: 25, 'amqp-ws': 25 },
    reconnect: { kind: 'backoff', first: 100, most: 1_000 },
    connect: { perSecond: 500 },
  });
  const relays = new Map<LinkProtocol, Awaited<ReturnType<typeof aRelay>>>();
  const fleet = await aFleet(spec, async (address) => {
    for (const [protocol, door] of Object.entries(address.doors ?? {}))
      relays.set(protocol as LinkProtocol, await aRelay(door));
    const doors = Object.fromEntries([...relays].map(([protocol, relay]) => [protocol, relay.address]));
    return { ...address, doors };
  });
  const { facts, of, identities, allOnline, call } = fleet;
  await allOnline();
  const connected = of('device.connected');
  for (const protocol of ['mqtt', 'mqtt-ws', 'amqp', 'amqp-ws'])
    expect(connected.filter((fact) => fact.protocol === protocol)).toHaveLength(125);
  // MQTT has a connection for each; of AMQP three devices share one.
  expect([...relays.values()].map(({ wires }) => wires.size)).toEqual([125, 125, 42, 42]);

  const callAll = (words: string) =>
    Promise.all(identities.flatMap(({ id }) => [call(id, `${id} one ${words}`), call(id, `${id} two ${words}`)]));
  const everyAnswerIsItsOwn = (answers: Awaited<ReturnType<typeof callAll>>) => {
    expect(answers.filter(({ status, deviceStatus }) => status !== 200 || deviceStatus !== 200)).toEqual([]);
    expect(answers.filter(({ payload, text }) => payload !== JSON.stringify(text))).toEqual([]);
    const handled = of('method.handled').map(({ rid }) => rid);
    expect(new Set(handled).size).toBe(handled.length);
  };
  const first = await callAll('before');
  expect(first).toHaveLength(1_000);
  everyAnswerIsItsOwn(first);
  expect(of('method.handled')).toHaveLength(1_000);

  const cut = [...relays.values()].flatMap(({ wires }) => [...wires].filter((_, place) => place % 3 === 0));
  const begun = facts.length;
  const during = callAll('during');
  for (const wire of cut) wire.destroy();
  const lost = () =>
    facts.slice(begun).filter((fact): fact is FactOf<'device.disconnected'> => fact.type === 'device.disconnected');
  const cutOff = () => new Set(lost().map(({ device }) => device)).size;
  await until(() => cutOff() >= 84 + 2 * 40);
  await allOnline();
  // 42 each over MQTT; 14 wires each over AMQP with up to three devices on each.
  expect(cutOff()).toBeLessThanOrEqual(84 + 2 * 42);
  const balance = new Map<string, number>();
  for (const fact of facts) {
    const change = fact.type === 'device.connected' ? 1 : fact.type === 'device.disconnected' ? -1 : 0;
    if (change !== 0 && 'device' in fact && fact.device)
      balance.set(fact.device, (balance.get(fact.device) ?? 0) + change);
  }
  expect([...balance.values()].filter((each) => each !== 1)).toEqual([]);

  // What was under way was answered, or refused because the device was gone: never answered twice or with another's words.
  const [answered, refused] = [await during, await during].map((all, place) =>
    all.filter(({ status }) => (place === 0 ? status === 200 : status !== 200)),
  );
  everyAnswerIsItsOwn(answered ?? []);
  expect(new Set(refused?.map(({ status }) => status))).toEqual(refused?.length ? new Set([404]) : new Set());
  const before = of('method.handled').length;
  everyAnswerIsItsOwn(await callAll('after'));
  expect(of('method.handled')).toHaveLength(before + 1_000);
}, 120_000);
