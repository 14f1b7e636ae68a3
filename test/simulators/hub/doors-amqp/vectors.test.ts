// What the SDKs put on the wire, frame by frame with its types, and what they insist on seeing come back (reference 3.1 to 3.5).
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { deviceId } from '../../../../simulators/vocabulary/ids.ts';
import { type Bench, hostName, oddId, openDoor } from './door-bench.ts';
import {
  amqp,
  attachFrame,
  beginFrame,
  bytesOf,
  described,
  flowFrame,
  frameOf,
  header,
  nothing,
  openFrame,
  type RawClient,
  sectionsOf,
  shownTyped,
  type Typed,
  transferFrame,
} from './raw-client.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openDoor();
});
afterAll(() => bench.stop());

const guid = '0f8fad5b-d9cb-469f-a165-70867728950e';
const guidBytes = Buffer.from(guid.replaceAll('-', ''), 'hex');
const uuid = described0('Uuid', guidBytes);
const text = amqp.wrap_string;
const nul = nothing;

/** A value of a type the library makes no wrapper public for. */
function described0(name: 'Uuid', bytes: Buffer): Typed {
  const make = (amqp as unknown as Record<string, (value: Buffer) => Typed>)[`wrap_${name.toLowerCase()}`];
  if (!make) throw new Error(name);
  return make(bytes);
}
const map = (entries: Record<string, Typed>): Typed => {
  const wrap = (amqp as unknown as { wrap_map(value: object): Typed }).wrap_map;
  return wrap(entries);
};
const section = (code: number, value: Typed): Typed => amqp.described(amqp.wrap_ulong(code), value);
const properties = (fields: readonly Typed[]): Typed => described(0x73, fields);
const annotations = (entries: Record<string, Typed>): Typed => section(0x72, amqp.wrap_symbolic_map(entries));
const application = (entries: Record<string, Typed>): Typed => section(0x74, map(entries));
const dataSection = (body: string): Typed => section(0x75, amqp.wrap_binary(Buffer.from(body)));
const valueSection = (value: Typed): Typed => section(0x77, value);

/** Opens, and attaches a `$cbs` pair on session 0 with handles 0 (sending) and 1. */
async function withCbs(start: 'plain' | 'sasl' = 'plain'): Promise<RawClient> {
  const raw = await bench.raw();
  if (start === 'sasl') {
    const init = frameOf(0x41, [amqp.wrap_symbol('ANONYMOUS'), nul], undefined, 0, 1);
    raw.send(header(3), init);
    await raw.frame(0x44);
  }
  raw.send(header(0), openFrame(), beginFrame(), attachFrame(0, '$cbs', false), attachFrame(1, '$cbs', true));
  raw.send(flowFrame(1, 100));
  await raw.frame(0x13);
  return raw;
}

async function putToken(raw: RawClient, id: Typed, fields: Record<string, Typed>, body: Typed): Promise<string> {
  const before = raw.got.filter(({ code }) => code === 0x14).length;
  const message = bytesOf(properties([id, nul, text('$cbs'), nul, text('cbs')]), application(fields), body);
  raw.send(transferFrame(0, cbsIds(raw), message));
  const replies = () => raw.got.filter(({ code }) => code === 0x14);
  await raw.frame(0x14, (got) => replies().indexOf(got) >= before);
  const sections = sectionsOf(replies()[before]?.payload ?? Buffer.alloc(0));
  const correlation = ((sections.get(0x73) as Typed).value as Typed[])[5];
  const status = (sections.get(0x74) as Map<string, Typed>).get('status-code');
  return `${shownTyped(correlation)}; ${shownTyped(status)}`;
}

const counts = new WeakMap<RawClient, number>();
function cbsIds(raw: RawClient): number {
  const id = counts.get(raw) ?? 0;
  counts.set(raw, id + 1);
  return id;
}

const sas = text('servicebus.windows.net:sastoken');
const put = text('put-token');
const good = () => valueSection(text(bench.token('d')));
const named = (name: string, type: Typed = sas) => ({ operation: put, type, name: text(name) });

describe('put-token', () => {
  const rows: readonly [string, Typed, () => Record<string, Typed>, () => Typed, string][] = [
    [
      'Node: text id, encoded name',
      text(guid),
      () => named(`${hostName}%2Fdevices%2Fd`),
      good,
      `Str8 ${guid}; Int 200`,
    ],
    [
      'Java: uuid id, plain name',
      uuid,
      () => named(`${hostName}/devices/d`),
      good,
      `Uuid ${guidBytes.toString('hex')}; Int 200`,
    ],
    ['hand-made: ulong id', amqp.wrap_ulong(77), () => named(`${hostName}/devices/d`), good, 'SmallUlong 77; Int 200'],
    ['hand-made: binary id', amqp.wrap_binary(Buffer.from([1, 2])), () => named('d'), good, 'Vbin8 0102; Int 200'],
    [
      'hand-made: binary id of 16 bytes',
      amqp.wrap_binary(guidBytes),
      () => named('d'),
      good,
      `Vbin8 ${guidBytes.toString('hex')}; Int 200`,
    ],
    [
      '.NET device: its type of token',
      text('a'),
      () => named(`${hostName}/devices/d`, text('azure-devices.net:sastoken')),
      good,
      'Str8 a; Int 200',
    ],
    [
      '.NET device: small letters in the encoding',
      text('a'),
      () => named(`${hostName}%2fdevices%2fd`),
      good,
      'Str8 a; Int 200',
    ],
    [
      '.NET service: a URI with port as name',
      text('a'),
      () => named(`amqps://${hostName}:5671/`),
      () => valueSection(text(bench.serviceToken('service'))),
      'Str8 a; Int 200',
    ],
    [
      'Python service: https as name',
      text('a'),
      () => named(`https://${hostName}`),
      () => valueSection(text(bench.serviceToken('iothubowner'))),
      'Str8 a; Int 200',
    ],
    [
      'Java module: the audience leaves the module out',
      uuid,
      () => named(`${hostName}/devices/d`),
      () => valueSection(text(bench.token('d/m'))),
      `Uuid ${guidBytes.toString('hex')}; Int 200`,
    ],
    [
      'the type in other letters',
      text('a'),
      () => named('d', text('ServiceBus.Windows.NET:SASToken')),
      good,
      'Str8 a; Int 200',
    ],
    [
      'the type as a symbol',
      text('a'),
      () => named('d', amqp.wrap_symbol('servicebus.windows.net:sastoken')),
      good,
      'Str8 a; Int 200',
    ],
    [
      'the token in a data section',
      text('a'),
      () => named('d'),
      () => dataSection(bench.token('d')),
      'Str8 a; Int 200',
    ],
    [
      'with an expiration',
      text('a'),
      () => ({ ...named('d'), expiration: amqp.wrap_timestamp(1_900_000_000_000) }),
      good,
      'Str8 a; Int 200',
    ],
    [
      'a token of a wrong key',
      text('a'),
      () => named('d'),
      () => valueSection(text(bench.token('nobody'))),
      'Str8 a; Int 401',
    ],
    [
      'an expired token',
      text('a'),
      () => named('d'),
      () => valueSection(text(bench.token('d', -10))),
      'Str8 a; Int 401',
    ],
    ['no token at all', text('a'), () => named('d'), () => valueSection(nul), 'Str8 a; Int 400'],
    ['something else than a token', text('a'), () => named('d'), () => valueSection(text('hello')), 'Str8 a; Int 401'],
    [
      'a bearer token where there is no issuer',
      text('a'),
      () => named('https://iothubs.azure.net/.default', text('jwt')),
      () => valueSection(text('a.b.c')),
      'Str8 a; Int 401',
    ],
    [
      'another operation',
      text('a'),
      () => ({ ...named('d'), operation: text('delete-token') }),
      good,
      'Str8 a; Int 400',
    ],
    ['another type', text('a'), () => named('d', text('password')), good, 'Str8 a; Int 400'],
    ['no name', text('a'), () => ({ operation: put, type: sas }), good, 'Str8 a; Int 400'],
    ['no id', nul, () => named('d'), good, 'missing; Int 200'],
  ];
  test.each(rows)('%s', async (_title, id, fields, body, expected) => {
    const raw = await withCbs(_title.startsWith('Java') ? 'sasl' : 'plain');
    const shown = await putToken(raw, id, fields(), body());
    expect(shown.replace('Null null', 'missing')).toBe(expected);
    // The request is settled by the hub, whatever became of it.
    const { fields: disposition } = await raw.frame(0x15);
    expect(disposition[3]?.value).toBe(true);
  });
});

const fieldsOf = (typed: Typed | undefined): readonly Typed[] => (typed?.value ?? []) as Typed[];

/** `accepted /address`, or the condition and number of the refusal. */
async function attach(raw: RawClient, handle: number, address: string, receiving: boolean, more = {}): Promise<string> {
  raw.send(attachFrame(handle, address, receiving, more));
  const name = (more as { name?: string }).name ?? `link-${handle}`;
  const channel = (more as { channel?: number }).channel ?? 0;
  const answer = await raw.frame(0x12, (got) => got.fields[0]?.value === name && got.channel === channel);
  const end = answer.fields[receiving ? 5 : 6];
  const there = Array.isArray(end?.value) ? (end.value as Typed[])[0]?.value : null;
  if (typeof there === 'string') return `accepted ${there}`;
  const detach = await raw.frame(
    0x16,
    (got) => got.fields[0]?.value === answer.fields[1]?.value && got.channel === channel,
  );
  expect(detach.fields[1]?.value, 'closed').toBe(true);
  const [condition, description, info] = fieldsOf(detach.fields[2]);
  const told = JSON.parse(String(description?.value)) as {
    errorCode: number;
    trackingId: string;
    timestampUtc: string;
  };
  expect(Date.parse(told.timestampUtc)).toBeGreaterThan(0);
  const [key, tracking] = fieldsOf(info);
  expect(`${key?.type.name} ${key?.value} ${tracking?.value}`).toBe(
    `Sym8 com.microsoft:tracking-id ${told.trackingId}`,
  );
  return `${condition?.value} ${told.errorCode}`;
}

describe('addresses', () => {
  const encoded = encodeURIComponent(oddId);
  const rows: readonly [string, string[], string, boolean, string][] = [
    ['Node: telemetry', ['d'], '/devices/d/messages/events', false, 'accepted'],
    ['.NET: absolute, with port', ['d'], `amqps://${hostName}:5671/devices/d/messages/events`, false, 'accepted'],
    [
      '.NET: absolute and encoded',
      [oddId],
      `amqps://${hostName}:5671/devices/${encoded}/messages/deviceBound`,
      true,
      'accepted',
    ],
    ['Node: an odd id as it is', [oddId], `/devices/${oddId}/messages/events`, false, 'accepted'],
    ['.NET: methods, a capital within', ['d'], '/devices/d/methods/deviceBound', true, 'accepted'],
    ['Java: methods', ['d'], '/devices/d/methods/devicebound', false, 'accepted'],
    ['Java: twin', ['d'], '/devices/d/twin', true, 'accepted'],
    ['hand-made: no slash at the beginning', ['d'], 'devices/d/twin', false, 'accepted'],
    ['hand-made: capital words', ['d'], '/Devices/d/Messages/Events', false, 'accepted'],
    ['Java: a module, with its own token', ['d/m'], '/devices/d/modules/m/messages/events', false, 'accepted'],
    ['Node: inputs of a module', ['d/m'], '/devices/d/modules/m/messages/events', true, 'accepted'],
    [
      '.NET: methods of a module',
      ['d/m'],
      `amqps://${hostName}/devices/d/modules/m/methods/deviceBound`,
      true,
      'accepted',
    ],
    ['.NET: twin of a module', ['d/m'], `amqps://${hostName}/devices/d/modules/m/twin`, false, 'accepted'],
    ['a device the hub does not have', ['d'], '/devices/nobody/twin', true, 'amqp:not-found 404001'],
    ['a module the device does not have', ['d'], '/devices/d/modules/x/twin', true, 'amqp:not-found 404010'],
    ['another device than the token is for', ['d'], '/devices/e/twin', true, 'amqp:unauthorized-access 401003'],
    [
      'a module with the token of another',
      ['d/n'],
      '/devices/d/modules/m/twin',
      true,
      'amqp:unauthorized-access 401003',
    ],
    ['no token at all', [], '/devices/d/twin', true, 'amqp:unauthorized-access 401003'],
    ['a device that is disabled', ['off'], '/devices/off/twin', true, 'amqp:unauthorized-access 401003'],
    ['an id in other letters', ['d'], '/devices/D/twin', true, 'amqp:not-found 404001'],
    ['a place a device does not have', ['d'], '/devices/d/files', true, 'amqp:not-found 404006'],
    ['nothing', ['d'], '', true, 'amqp:not-found 404006'],
    ['messages to a device, sent by it', ['d'], '/devices/d/messages/devicebound', false, 'amqp:not-allowed 400003'],
    ['telemetry of a device, received', ['d'], '/devices/d/messages/events', true, 'amqp:not-allowed 400003'],
    [
      'the Event Hubs endpoint',
      ['service'],
      '/messages/events/ConsumerGroups/$Default/Partitions/0',
      true,
      'amqp:not-implemented 404013',
    ],
    ['Java service: feedback in small letters', ['service'], '/messages/servicebound/feedback', true, 'accepted'],
    ['Node service: feedback', ['service'], '/messages/serviceBound/feedback', true, 'accepted'],
    ['Python service: absolute', ['service'], `amqps://${hostName}/messages/devicebound`, false, 'accepted'],
    ['a service, in the wrong direction', ['service'], '/messages/devicebound', true, 'amqp:not-allowed 400003'],
    [
      'feedback with a policy that lacks the right',
      ['registryRead'],
      '/messages/servicebound/feedback',
      true,
      'amqp:unauthorized-access 401003',
    ],
    ['a device by the policy for devices', ['device'], '/devices/e/twin', true, 'accepted'],
    [
      'a device by a policy without that right',
      ['service'],
      '/devices/e/twin',
      true,
      'amqp:unauthorized-access 401003',
    ],
  ];
  const policies = ['service', 'registryRead', 'device'];
  test.each(rows)('%s', async (_title, tokens, address, receiving, expected) => {
    const raw = await withCbs();
    for (const id of tokens) {
      const token = policies.includes(id) ? bench.serviceToken(id) : bench.token(id);
      await putToken(raw, text('x'), named(`${hostName}/${id}`), valueSection(text(token)));
    }
    expect(await attach(raw, 5, address, receiving)).toBe(expected === 'accepted' ? `accepted ${address}` : expected);
  });

  test('.NET: two devices with the same link names, each in a session of its own', async () => {
    const raw = await withCbs();
    for (const id of ['e', 'f']) await putToken(raw, text(id), named(id), valueSection(text(bench.token(id))));
    raw.send(beginFrame(1), beginFrame(2));
    for (const [channel, id] of [
      [1, 'e'],
      [2, 'f'],
    ] as const) {
      for (const [handle, name, receiving] of [
        [0, 'MethodsSenderLink', false],
        [1, 'MethodsReceiverLink', true],
      ] as const) {
        const address = `/devices/${id}/methods/deviceBound`;
        expect(await attach(raw, handle, address, receiving, { name, channel })).toBe(`accepted ${address}`);
      }
    }
    expect(bench.connections.find(deviceId('e'))?.listensForMethods).toBe(true);
    expect(bench.connections.find(deviceId('f'))?.listensForMethods).toBe(true);
  });

  test('a pair whose two links have one name', async () => {
    const raw = await withCbs();
    await putToken(raw, text('x'), named('e'), valueSection(text(bench.token('e'))));
    for (const [handle, receiving] of [
      [5, false],
      [6, true],
    ] as const) {
      raw.send(attachFrame(handle, '/devices/e/methods/devicebound', receiving, { name: 'methods' }));
      await raw.frame(0x12, (got) => got.fields[0]?.value === 'methods' && got.fields[2]?.value === !receiving);
    }
    expect(bench.connections.find(deviceId('e'))?.listensForMethods).toBe(true);
    raw.send(
      frameOf(0x16, [amqp.wrap_uint(6), amqp.wrap(true)]),
      attachFrame(6, '/devices/e/methods/devicebound', true, { name: 'methods' }),
    );
    await raw.frame(0x16);
    expect(bench.connections.find(deviceId('e'))?.listensForMethods).toBe(true);
  });
});

test('a link attached again under its name in one session ends the first, and only that', async () => {
  const raw = await withCbs();
  await putToken(raw, text('x'), named('e'), valueSection(text(bench.token('e'))));
  for (const [handle, address] of [
    [5, '/devices/e/twin'],
    [6, '/devices/e/messages/devicebound'],
  ] as const) {
    raw.send(attachFrame(handle, address, true, { name: 'same' }));
    await raw.frame(0x12, ({ fields }) => JSON.stringify(fields).includes(address));
  }
  const answer = raw.got.find(({ code, fields }) => code === 0x12 && fields[0]?.value === 'same');
  const { fields } = await raw.frame(0x16);
  expect(fields[0]?.value).toBe(answer?.fields[1]?.value);
  expect(fieldsOf(fields[2])[0]?.value).toBe('com.microsoft:link-creation-conflict');
  expect(bench.connections.find(deviceId('e'))?.listensForMessages).toBe(true);
});

describe('twin requests', () => {
  const rows: readonly [string, Typed, Record<string, Typed>, Typed | undefined, string][] = [
    [
      'Node: get with a text id and one space',
      text(guid),
      { operation: text('GET') },
      dataSection(' '),
      `Str8 ${guid}; status Int 200`,
    ],
    [
      '.NET: get by prefix',
      text(`Get${guid}`),
      { operation: text('GET') },
      undefined,
      `Str8 Get${guid}; status Int 200`,
    ],
    [
      'Java: get with a uuid',
      uuid,
      { operation: text('GET') },
      dataSection(''),
      `Uuid ${guidBytes.toString('hex')}; status Int 200`,
    ],
    [
      '.NET: patch with a version of null',
      text(`Patch${guid}`),
      { operation: text('PATCH'), resource: text('/properties/reported'), version: nul },
      dataSection('{"a":1}'),
      `Str8 Patch${guid}; status Int 204; version SmallLong`,
    ],
    [
      'Java: patch with a uuid',
      uuid,
      { operation: text('PATCH'), resource: text('/properties/reported'), version: amqp.wrap_long(3) },
      dataSection('{"a":1}'),
      `Uuid ${guidBytes.toString('hex')}; status Int 204; version SmallLong`,
    ],
    [
      '.NET: subscribe',
      text(`Put${guid}`),
      { operation: text('PUT'), resource: text('/notifications/twin/properties/desired'), version: nul },
      undefined,
      `Str8 Put${guid}; status Int 200`,
    ],
    [
      'Java: subscribe with an id of its own',
      uuid,
      { operation: text('PUT'), resource: text('/notifications/twin/properties/desired') },
      dataSection(''),
      `Uuid ${guidBytes.toString('hex')}; status Int 200`,
    ],
    [
      'Node: unsubscribe',
      text(guid),
      { operation: text('DELETE'), resource: text('/notifications/twin/properties/desired') },
      dataSection(' '),
      `Str8 ${guid}; status Int 200`,
    ],
    [
      'a bad patch',
      text('x'),
      { operation: text('PATCH'), resource: text('/properties/reported') },
      dataSection('"bad"'),
      'Str8 x; status Int 400',
    ],
  ];
  test.each(rows)('%s', async (_title, id, asked, body, expected) => {
    const raw = await withCbs();
    await putToken(raw, text('x'), named('d'), good());
    await attach(raw, 5, '/devices/d/twin', false);
    const settledMode = [amqp.wrap_ubyte(1), amqp.wrap_ubyte(0)];
    await attach(raw, 6, '/devices/d/twin', true, { modes: settledMode });
    raw.send(flowFrame(6, 10));
    const message = bytesOf(properties([nul, nul, nul, nul, nul, id]), annotations(asked), ...(body ? [body] : []));
    raw.send(transferFrame(5, cbsIds(raw), message));
    const { payload, fields } = await raw.frame(0x14, (got) => sectionsOf(got.payload).has(0x72));
    expect(fields[4]?.value, 'settled').toBe(true);
    const sections = sectionsOf(payload);
    const told = sections.get(0x72) as Map<string, Typed>;
    const version = told.get('version');
    const correlation = ((sections.get(0x73) as Typed).value as Typed[])[5];
    const shown = `${shownTyped(correlation)}; status ${shownTyped(told.get('status'))}`;
    expect(version ? `${shown}; version ${version.type.name}` : shown).toBe(expected);
    expect(sections.has(0x75), 'a data section').toBe(true);
  });
});

describe('method calls', () => {
  test.each([
    ['.NET and Java: the GUID comes back as a uuid', (id: Typed) => id],
    [
      'hand-made: the GUID comes back as text',
      (id: Typed) => text((id.value as Buffer).toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')),
    ],
    ['hand-made: in capitals', (id: Typed) => text((id.value as Buffer).toString('hex').toUpperCase())],
  ])('%s', async (_title, back) => {
    const raw = await withCbs();
    await putToken(raw, text('x'), named('f'), valueSection(text(bench.token('f'))));
    await attach(raw, 5, '/devices/f/methods/deviceBound', false);
    await attach(raw, 6, '/devices/f/methods/deviceBound', true, { modes: [amqp.wrap_ubyte(0), amqp.wrap_ubyte(0)] });
    raw.send(flowFrame(6, 10));
    const called = bench.invoke('f', { payload: [1] });
    const { payload, fields } = await raw.frame(0x14, (got) => sectionsOf(got.payload).has(0x75));
    // Java asks for unsettled ones.
    expect(fields[4]?.value ?? false).toBe(false);
    const sections = sectionsOf(payload);
    const id = ((sections.get(0x73) as Typed).value as Typed[])[5];
    expect(shownTyped(id)).toMatch(/^Uuid .{12}4.{3}[89ab].{15}$/);
    const answer = bytesOf(
      properties([nul, nul, nul, nul, nul, back(id as Typed)]),
      application({ 'IoThub-status': amqp.wrap_int(201) }),
      dataSection('{"ok":true}'),
    );
    raw.send(transferFrame(5, cbsIds(raw), answer));
    const result = (await called) as { status: number; payload: Buffer };
    expect([result.status, result.payload.toString()]).toEqual([201, '{"ok":true}']);
  });
});

describe('telemetry', () => {
  test('.NET: several messages in one, of the format for batches', async () => {
    const raw = await withCbs();
    await putToken(raw, text('x'), named('d'), good());
    await attach(raw, 5, '/devices/d/messages/events', false);
    const inner = (body: string) => bytesOf(application({ n: text(body) }), dataSection(body));
    const batch = bytesOf(...['b1', 'b2', 'b3'].map((body) => section(0x75, amqp.wrap_binary(inner(body)))));
    raw.send(transferFrame(5, cbsIds(raw), batch, 0, 0x80013700));
    const fact = await bench.facts.next('message.received', ({ body }) => body.text === 'b3');
    expect(fact.properties).toMatchObject({ n: 'b3' });
    const bodies = bench.facts.of('message.received').map(({ body }) => body.text);
    expect(bodies.slice(-3)).toEqual(['b1', 'b2', 'b3']);
  });
});
