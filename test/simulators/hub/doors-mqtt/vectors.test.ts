// What the SDKs of the other languages put on the wire, byte for byte made by hand from the reference (2.3, 2.5, 2.9), and what they need back.
import { parser } from 'mqtt-packet';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { deviceId } from '../../../../simulators/vocabulary/ids.ts';
import { type Bench, hostName, openDoor, soon } from './door-bench.ts';

let bench: Bench;
beforeEach(async () => {
  bench = await openDoor();
});
afterEach(() => bench.stop());

const text = (value: string | Buffer): Buffer => {
  const bytes = Buffer.from(value as string);
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes]);
};
const packet = (first: number, ...parts: Buffer[]): Buffer => {
  const body = Buffer.concat(parts);
  const length: number[] = [];
  for (let left = body.length; ; left >>>= 7) {
    length.push(left > 127 ? (left & 127) | 128 : left);
    if (left < 128) return Buffer.concat([Buffer.from([first, ...length]), body]);
  }
};
interface Connect {
  readonly id: string;
  readonly username: string;
  /** 0xc0: user name and password, no clean session; 0x80 without password; 0x04 with a will. */
  readonly flags: number;
  readonly keepAlive: number;
  readonly will?: readonly [topic: string, payload: string];
}
const connect = ({ id, username, flags, keepAlive, will }: Connect): Buffer =>
  packet(
    0x10,
    text('MQTT'),
    Buffer.from([4, flags, keepAlive >> 8, keepAlive & 255]),
    text(id),
    ...(will ?? []).map(text),
    text(username),
    ...(flags & 0x40 ? [text(bench.token(id))] : []),
  );
const subscribe = (id: number, ...filters: [string, number][]): Buffer =>
  packet(
    0x82,
    Buffer.from([id >> 8, id & 255]),
    ...filters.flatMap(([filter, qos]) => [text(filter), Buffer.from([qos])]),
  );
const publish = (topic: string, payload: string, id?: number): Buffer =>
  packet(
    id === undefined ? 0x30 : 0x32,
    text(topic),
    ...(id === undefined ? [] : [Buffer.from([id >> 8, id & 255])]),
    Buffer.from(payload),
  );

const python = 'azure-iot-device-iothub-py%2F2.14.0%28Python%203.11.2%3B%20Linux%3B%20%23100%20SMP%3B%20x86_64%29';
const dotnet =
  '.NET%2F1.42.0%20%28.NET%206.0.36%3B%20Microsoft%20Windows%2010.0.19045%20WindowsProduct%3A0x00000004%3B%20X64%3B%20%7B8DCE-1%7D%29';
const java = 'com.microsoft.azure.sdk.iot.iot-device-client%2F2.5.0%20%28Java%2017.0.9%3B%20Linux%3B%20amd64%29';

describe('CONNECT', () => {
  test.each<[string, Connect, { device: string; client?: string; model?: string }]>([
    [
      'Python, device',
      {
        id: 'd',
        username: `${hostName}/d/?api-version=2019-10-01&DeviceClientType=${python}`,
        flags: 0xc0,
        keepAlive: 60,
      },
      { device: 'd', client: 'azure-iot-device-iothub-py/2.14.0(Python 3.11.2; Linux; #100 SMP; x86_64)' },
    ],
    [
      'Python, module',
      {
        id: 'd/m',
        username: `${hostName}/d/m/?api-version=2019-10-01&DeviceClientType=${python}`,
        flags: 0xc0,
        keepAlive: 60,
      },
      { device: 'd/m' },
    ],
    [
      'Python with a model, after the client',
      {
        id: 'd',
        username: `${hostName}/d/?api-version=2020-09-30&DeviceClientType=${python}&model-id=dtmi%3Acom%3Aexample%3APump%3B1`,
        flags: 0xc0,
        keepAlive: 60,
      },
      { device: 'd', model: 'dtmi:com:example:Pump;1' },
    ],
    [
      'Python with the longest keep-alive',
      {
        id: 'd',
        username: `${hostName}/d/?api-version=2019-10-01&DeviceClientType=${python}`,
        flags: 0xc0,
        keepAlive: 1_740,
      },
      { device: 'd' },
    ],
    [
      '.NET, device',
      {
        id: 'd',
        username: `${hostName}/d/?api-version=2020-09-30&DeviceClientType=${dotnet}`,
        flags: 0xc0,
        keepAlive: 300,
      },
      {
        device: 'd',
        client: '.NET/1.42.0 (.NET 6.0.36; Microsoft Windows 10.0.19045 WindowsProduct:0x00000004; X64; {8DCE-1})',
      },
    ],
    [
      '.NET, clean session',
      {
        id: 'd',
        username: `${hostName}/d/?api-version=2020-09-30&DeviceClientType=${dotnet}`,
        flags: 0xc2,
        keepAlive: 300,
      },
      { device: 'd' },
    ],
    [
      '.NET behind a gateway, with its auth-chain',
      {
        id: 'd',
        username: `${hostName}/d/?api-version=2020-09-30&DeviceClientType=${dotnet}&auth-chain=leaf%3Bedge&model-id=dtmi%3Aa%3Bb%3B1`,
        flags: 0xc0,
        keepAlive: 300,
      },
      { device: 'd', model: 'dtmi:a;b;1' },
    ],
    [
      '.NET with a will',
      {
        id: 'd',
        username: `${hostName}/d/?api-version=2020-09-30&DeviceClientType=${dotnet}`,
        flags: 0xcc,
        keepAlive: 300,
        will: ['devices/d/messages/events/', 'bye'],
      },
      { device: 'd' },
    ],
    [
      'Java, device',
      {
        id: 'd',
        username: `${hostName}/d/?api-version=2020-09-30&DeviceClientType=${java}`,
        flags: 0xc0,
        keepAlive: 230,
      },
      { device: 'd', client: 'com.microsoft.azure.sdk.iot.iot-device-client/2.5.0 (Java 17.0.9; Linux; amd64)' },
    ],
    [
      'Java with a model, before the client',
      {
        id: 'd',
        username: `${hostName}/d/?api-version=2020-09-30&model-id=dtmi%3Acom%3Aexample%3APump%3B1&DeviceClientType=${java}`,
        flags: 0xc0,
        keepAlive: 230,
      },
      { device: 'd', model: 'dtmi:com:example:Pump;1' },
    ],
    [
      'Java, the agent of an edge device',
      {
        id: 'd/$edgeAgent',
        username: `${hostName}/d/$edgeAgent/?api-version=2020-09-30&DeviceClientType=${java}`,
        flags: 0xc0,
        keepAlive: 230,
      },
      { device: 'd/$edgeAgent' },
    ],
    [
      'Node with a model that is not encoded',
      {
        id: 'd',
        username: `${hostName}/d/?api-version=2021-04-12&model-id=dtmi:com:example:Pump;1&DeviceClientType=azure-iot-device%2F1.18.4`,
        flags: 0xc0,
        keepAlive: 180,
      },
      { device: 'd', model: 'dtmi:com:example:Pump;1', client: 'azure-iot-device/1.18.4' },
    ],
    [
      'an old client, properties without question mark',
      {
        id: 'd',
        username: `${hostName}/d/api-version=2016-11-14&DeviceClientType=Microsoft.Azure.Devices.Client%2F1.5.1`,
        flags: 0xc2,
        keepAlive: 300,
      },
      { device: 'd', client: 'Microsoft.Azure.Devices.Client/1.5.1' },
    ],
    [
      'an id with a question mark',
      {
        id: "a:b.c+%_#*?!(),=@;$'-",
        username: `${hostName}/a:b.c+%_#*?!(),=@;$'-/?api-version=2020-09-30`,
        flags: 0xc0,
        keepAlive: 60,
      },
      { device: "a:b.c+%_#*?!(),=@;$'-" },
    ],
  ])('%s', async (_, sent, { device, client, model }) => {
    const { send, packet: next } = await bench.socket();
    const bytes = connect(sent);
    // In two pieces, as a TLS record may cut it.
    send(bytes.subarray(0, 9));
    send(bytes.subarray(9));
    expect(await next('connack')).toMatchObject({ returnCode: 0 });
    const fact = await bench.facts.next('device.connected');
    expect(fact.device).toBe(device);
    if (client !== undefined) expect(fact.client).toBe(client);
    expect(bench.connections.activity(deviceId(device)).modelId).toBe(model);
    expect(bench.facts.of('hint.given')).toEqual([]);
  });

  test('X.509 clients leave the password out: answered as one without certificate on a plain socket', async () => {
    const { send, packet: next } = await bench.socket();
    send(connect({ id: 'd', username: `${hostName}/d/?api-version=2020-09-30`, flags: 0x80, keepAlive: 60 }));
    expect(await next('connack')).toMatchObject({ returnCode: 5 });
  });
});

describe('SUBSCRIBE', () => {
  test.each<[string, string, [string, number][], number[]]>([
    ['Python', 'd', [['$iothub/twin/res/#', 1]], [1]],
    ['Python', 'd', [['$iothub/methods/POST/#', 1]], [1]],
    ['Python', 'd', [['$iothub/twin/PATCH/properties/desired/#', 1]], [1]],
    ['Python, a module', 'd/m', [['devices/d/modules/m/inputs/#', 1]], [1]],
    ['.NET', 'd', [['devices/d/messages/devicebound/#', 1]], [1]],
    ['.NET, a module', 'd/m', [['devices/d/modules/m/#', 1]], [1]],
    ['.NET with QoS 2', 'd', [['$iothub/methods/POST/#', 2]], [1]],
    [
      'Java, all at its start',
      'd',
      [
        ['$iothub/methods/POST/#', 1],
        ['$iothub/twin/res/#', 1],
        ['devices/d/messages/devicebound/#', 1],
      ],
      [1, 1, 1],
    ],
    [
      'Java, a module',
      'd/m',
      [
        ['devices/d/modules/m/messages/devicebound/#', 1],
        ['devices/d/modules/m/inputs/#', 1],
      ],
      [1, 1],
    ],
    ["another device's filter", 'd', [['devices/e/messages/devicebound/#', 1]], [0x80]],
    ["a module's filter by its device", 'd', [['devices/d/modules/m/#', 1]], [0x80]],
    ["a device's filter by its module", 'd/m', [['devices/d/messages/devicebound/#', 1]], [0x80]],
    [
      'wildcards',
      'd',
      [
        ['devices/+/messages/devicebound/#', 0],
        ['#', 0],
        ['$iothub/+/POST/#', 0],
      ],
      [0x80, 0x80, 0x80],
    ],
  ])('%s: %s asks for %j', async (_, id, filters, granted) => {
    const { send, packet: next } = await bench.socket();
    send(Buffer.concat([bench.greeting(id), subscribe(0xfffe, ...filters)]));
    expect(await next('suback')).toMatchObject({ messageId: 0xfffe, granted });
  });
});

describe('PUBLISH', () => {
  test.each<[string, string, string, string, object | undefined]>([
    ['Python, empty bag', 'd', 'devices/d/messages/events/', '{}', undefined],
    [
      'Python, system and own properties',
      'd',
      'devices/d/messages/events/%24.mid=1&%24.ct=application%2Fjson&%24.ce=utf-8&my%20key=my%2Bvalue',
      '{}',
      { messageId: '1', contentType: 'application/json', contentEncoding: 'utf-8', 'my key': 'my+value' },
    ],
    ['Python, a module output', 'd/m', 'devices/d/modules/m/messages/events/%24.on=out', '{}', { outputName: 'out' }],
    [
      'Node, a module output with its slash',
      'd/m',
      'devices/d/modules/m/messages/events/%24.on=out/',
      '{}',
      { outputName: 'out' },
    ],
    [
      '.NET, with expiry and correlation',
      'd',
      'devices/d/messages/events/$.cid=c&$.exp=2030-01-01T00%3A00%3A00.0000000Z&$.uid=u',
      'x',
      { correlationId: 'c', userId: 'u', expiresAt: '2030-01-01T00:00:00.000Z' },
    ],
    [
      '.NET, a component',
      'd',
      'devices/d/messages/events/$.sub=thermostat&$.ct=application%2Fjson',
      '{}',
      { componentName: 'thermostat', contentType: 'application/json' },
    ],
    [
      'Java, creation time and interface',
      'd',
      'devices/d/messages/events/$.mid=a-b&$.ifid=if&$.ctime=2026-01-01T00%3A00%3A00Z',
      'x',
      { messageId: 'a-b', interfaceId: 'if', creationTime: '2026-01-01T00:00:00Z' },
    ],
    ['a bare topic without a slash', 'd', 'devices/d/messages/events', 'x', undefined],
    ['a key without a value', 'd', 'devices/d/messages/events/flag', 'x', { flag: '' }],
    [
      'what only the hub may say',
      'd',
      'devices/d/messages/events/$.cdid=e&iothub-connection-device-id=e&a=1',
      'x',
      { a: '1' },
    ],
  ])('%s', async (_, id, topic, payload, properties) => {
    const { send, packet: next } = await bench.socket();
    send(Buffer.concat([bench.greeting(id), publish(topic, payload, 7)]));
    expect(await next('puback')).toMatchObject({ messageId: 7 });
    const [fact] = bench.facts.of('message.received');
    expect(fact).toMatchObject({ device: id, body: { text: payload } });
    expect(fact?.properties).toEqual(properties);
  });

  test.each<[string, string, string, string, RegExp]>([
    [
      'Python, twin GET',
      '$iothub/twin/GET/?$rid=6e0ac1b3-3e8e-4dd9-a0f4-2c6ad3f0d4b1',
      ' ',
      '200',
      /^\$iothub\/twin\/res\/200\/\?\$rid=6e0ac1b3-3e8e-4dd9-a0f4-2c6ad3f0d4b1$/,
    ],
    [
      '.NET, twin GET with an empty body',
      '$iothub/twin/GET/?$rid=0b9d',
      '',
      '200',
      /^\$iothub\/twin\/res\/200\/\?\$rid=0b9d$/,
    ],
    [
      'Java, twin PATCH',
      '$iothub/twin/PATCH/properties/reported/?$rid=12',
      '{"a":1}',
      '204',
      /^\$iothub\/twin\/res\/204\/\?\$rid=12&\$version=\d+$/,
    ],
    [
      'Java, twin PATCH with a version',
      '$iothub/twin/PATCH/properties/reported/?$rid=13&$version=4',
      '{"a":1}',
      '204',
      /^\$iothub\/twin\/res\/204\/\?\$rid=13&\$version=\d+$/,
    ],
  ])('%s at QoS 1', async (_, topic, payload, status, answer) => {
    const { send, packet: next } = await bench.socket();
    send(Buffer.concat([bench.greeting('d/m'), subscribe(1, ['$iothub/twin/res/#', 1]), publish(topic, payload, 300)]));
    const back = await next('publish');
    expect(back.topic).toMatch(answer);
    // How Java and .NET take the topic apart.
    expect(back.topic.split('/')[3]).toBe(status);
    expect(back.topic.split('/')[4]).toMatch(/^\?.*\$rid=/);
    expect(await next('puback')).toMatchObject({ messageId: 300 });
  });

  test('.NET and Python answer a method at QoS 1', async () => {
    const { send, packet: next } = await bench.socket();
    send(Buffer.concat([bench.greeting('d/m'), subscribe(1, ['$iothub/methods/POST/#', 1])]));
    await next('suback');
    const called = bench.invoke('d/m', { payload: null });
    const asked = await next('publish');
    expect(asked).toMatchObject({ qos: 0, payload: Buffer.from('null') });
    const rid = /^\$iothub\/methods\/POST\/m\/\?\$rid=([0-9a-f]+)$/.exec(asked.topic)?.[1];
    send(publish(`$iothub/methods/res/200/?$rid=${rid}`, 'null', 9));
    expect(await next('puback')).toMatchObject({ messageId: 9 });
    expect(await called).toMatchObject({ status: 200 });
  });

  test('PINGREQ and DISCONNECT as everyone sends them', async () => {
    const { send, packet: next, closed } = await bench.socket();
    send(Buffer.concat([bench.greeting('d'), Buffer.from([0xc0, 0])]));
    await next('pingresp');
    send(Buffer.from([0xe0, 0]));
    await closed;
    expect(await bench.facts.next('device.disconnected')).toMatchObject({ reason: 'client' });
  });
});

test('what comes back is MQTT 3.1.1 to another reader', async () => {
  const { socket, send } = await bench.socket();
  const bytes: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => bytes.push(chunk));
  send(
    Buffer.concat([
      bench.greeting('d'),
      subscribe(5, ['$iothub/methods/POST/#', 0]),
      publish('devices/d/messages/events/', '', 6),
    ]),
  );
  const whole = '20020000' + '9003000500' + '40020006';
  await soon(() => Buffer.concat(bytes).toString('hex')).toBe(whole);
  expect(parser({ protocolVersion: 4 }).parse(Buffer.from(whole, 'hex'))).toBe(0);
});
