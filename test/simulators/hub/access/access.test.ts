import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { defaultPolicies, openAccess, type Right } from '../../../../simulators/hub/access/access.ts';
import { signToken } from '../../../../simulators/tokens/sas-token.ts';
import { deviceId } from '../../../../simulators/vocabulary/ids.ts';
import { Refusal } from '../../../../simulators/vocabulary/service-errors.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';
import { identity } from '../parts.ts';

const hostName = 'myhub.localhost';
const policies = defaultPolicies(randomBytes);
const device = identity('Pump-1');
const other = identity('Pump-12');
const disabled = identity('gone', 'disabled');
const module = { ...identity('Pump-1'), moduleId: 'camera' };
const devices = new Map([device, other, disabled].map((one) => [one.deviceId as string, one]));
devices.set(deviceId('Pump-1/camera'), module);
const rights: Right[] = ['RegistryRead', 'RegistryWrite', 'ServiceConnect', 'DeviceConnect'];

let clock: VirtualClock;
let access: ReturnType<typeof openAccess>;
beforeEach(() => {
  clock = new VirtualClock();
  access = openAccess({ clock, hostName, find: (id) => devices.get(id), policies });
});

const policyKey = (name: string, which: 'primaryKey' | 'secondaryKey' = 'primaryKey'): string =>
  policies.find((policy) => policy.name === name)?.[which] ?? '';
const keyOf = (one: typeof device, which: 'primaryKey' | 'secondaryKey' = 'primaryKey'): string =>
  one.authentication.symmetricKey[which] ?? '';
const token = (resource: string, key: string, policy?: string, seconds = 60) =>
  signToken({ resource, key, policy, expiresAt: clock.now() + seconds * 1_000 });
const codeOf = (answer: object): number => (answer instanceof Refusal ? answer.number : 200);

/** No Entra issuer is configured here, so that every token is checked at once. */
const check = (text: string | undefined, right: Right = 'ServiceConnect', path?: string): object =>
  access.checkService(text, { right, action: 'twins/read' }, path);

describe('default policies', () => {
  test('open exactly the rights the documents give them', () => {
    const open = policies.map(({ name }) => [
      name,
      ...rights.filter((right) => codeOf(check(token(hostName, policyKey(name), name), right)) === 200),
    ]);
    expect(open).toEqual([
      ['iothubowner', 'RegistryRead', 'RegistryWrite', 'ServiceConnect', 'DeviceConnect'],
      ['service', 'ServiceConnect'],
      ['device', 'DeviceConnect'],
      ['registryRead', 'RegistryRead'],
      ['registryReadWrite', 'RegistryRead', 'RegistryWrite'],
    ]);
  });

  test('have ten different keys of 32 bytes', () => {
    const keys = policies.flatMap(({ primaryKey, secondaryKey }) => [primaryKey, secondaryKey]);
    expect(new Set(keys).size).toBe(10);
    for (const key of keys) expect(Buffer.from(key, 'base64')).toHaveLength(32);
  });
});

describe('a service token', () => {
  test('names its policy and its end, first and remembered', () => {
    const text = token(hostName, policyKey('service'), 'service');
    const grant = { policy: 'service', expiresAt: clock.now() + 60_000 };
    expect([check(text), check(text)]).toEqual([grant, grant]);
  });

  test('may be signed with the secondary key, and spell the host in any case', () => {
    expect(codeOf(check(token('MyHub.LocalHost', policyKey('service', 'secondaryKey'), 'service')))).toBe(200);
  });

  test('is refused when it expires, remembered or not', async () => {
    const text = token(hostName, policyKey('service'), 'service', 60);
    expect(codeOf(check(text))).toBe(200);
    await clock.advance(60_000);
    expect(codeOf(check(text))).toBe(401003);
    expect(codeOf(check(token(hostName, policyKey('service'), 'service', 0)))).toBe(401003);
  });

  test.each<[string, () => string | undefined, number, string]>([
    ['missing', () => undefined, 401003, 'missing'],
    ['empty', () => '', 401003, 'missing'],
    ['malformed', () => 'SharedAccessSignature nonsense', 401003, 'form'],
    ['a bearer token', () => 'Bearer eyJh', 401003, 'no issuer of such tokens'],
    ['signed with another key', () => token(hostName, policyKey('device'), 'service'), 401002, 'signature'],
    ['of an unknown policy', () => token(hostName, policyKey('service'), 'owner'), 401002, "no policy 'owner'"],
    [
      'for another host',
      () => token('other.localhost', policyKey('service'), 'service'),
      401003,
      "'service' does not allow access for 'myhub.localhost'",
    ],
    [
      'without the right',
      () => token(hostName, policyKey('device'), 'device'),
      401003,
      "Authorization rule 'device' does not allow access for 'ServiceConnect'",
    ],
    [
      "a device's own",
      () => token(`${hostName}/devices/Pump-1`, keyOf(device)),
      401003,
      "'Pump-1' does not allow access",
    ],
    ["a device's own with a wrong key", () => token(`${hostName}/devices/Pump-1`, keyOf(other)), 401002, 'signature'],
  ])('%s', (_, text, code, message) => {
    const answer = check(text());
    expect(codeOf(answer)).toBe(code);
    expect((answer as Refusal).message).toContain(message);
  });

  test('for part of the hub opens that part, by whole segments', () => {
    const narrow = token(`${hostName}/devices/Pump-1`, policyKey('service'), 'service');
    const codes = ['devices/Pump-1', 'devices/Pump-1/modules/m', 'devices/Pump-12', 'devices', undefined].map((path) =>
      codeOf(check(narrow, 'ServiceConnect', path)),
    );
    expect(codes).toEqual([200, 200, 401003, 401003, 401003]);
  });

  test('ten thousand different tokens do not crowd the memory, and each still counts', () => {
    for (let index = 0; index < 10_000; index++) {
      expect(codeOf(check(token(hostName, policyKey('service'), 'service', 60 + index)))).toBe(200);
    }
    expect(codeOf(check(token(hostName, policyKey('service'), 'service', 60)))).toBe(200);
  });

  test('is made for a policy the hub has', () => {
    expect(codeOf(check(access.serviceToken('service', 60)))).toBe(200);
    expect(() => access.serviceToken('nobody', 60)).toThrow("policy: 'nobody' is not one of iothubowner, service");
    expect(() => access.serviceToken('service', 0)).toThrow('lifetimeSeconds: 0 is not within 1 to');
  });
});

describe('a device token', () => {
  const check = (text: string, one = device) => access.checkDevice(text, one);
  const own = `${hostName}/devices/Pump-1`;

  test.each<[string, () => string, number]>([
    ['its primary key', () => token(own, keyOf(device)), 200],
    ['its secondary key', () => token(own, keyOf(device, 'secondaryKey')), 200],
    [
      'the host in another case',
      () => token(own.toUpperCase().replace('DEVICES/PUMP', 'devices/Pump'), keyOf(device)),
      200,
    ],
    ['a policy with device connect, for the device', () => token(own, policyKey('device'), 'device'), 200],
    ['a policy with device connect, for the hub', () => token(hostName, policyKey('iothubowner'), 'iothubowner'), 200],
    ['a policy without device connect', () => token(own, policyKey('service'), 'service'), 401003],
    ['a policy for another device', () => token(`${hostName}/devices/Pump-12`, policyKey('device'), 'device'), 401003],
    ['an unknown policy', () => token(own, policyKey('device'), 'nobody'), 401002],
    ["another device's key", () => token(own, keyOf(other)), 401002],
    ['its key, for the whole hub', () => token(hostName, keyOf(device)), 401003],
    ['its key, for an id in another case', () => token(`${hostName}/devices/pump-1`, keyOf(device)), 401003],
    ['its key, for the beginning of its id', () => token(`${hostName}/devices/Pump`, keyOf(device)), 401003],
    ['its key, for another host', () => token('other.localhost/devices/Pump-1', keyOf(device)), 401003],
    ['its key, expired', () => token(own, keyOf(device), undefined, -1), 401003],
    ['no token', () => 'secret', 401003],
  ])('with %s: %s', (_, text, code) => {
    expect(codeOf(check(text()))).toBe(code);
  });

  test.each(['a#b', 'a%b', 'a%2Fb', 'a+b', '100%'])('with the id %s encoded once or, as .NET does, twice', (id) => {
    const odd = identity(id);
    for (const written of [id, encodeURIComponent(id)]) {
      const text = token(`${hostName}/devices/${written}`, keyOf(odd));
      expect([written, codeOf(check(text, odd))]).toEqual([written, 200]);
    }
    expect(codeOf(check(token(`${hostName}/devices/${id}x`, keyOf(odd)), odd))).toBe(401003);
  });

  test('of a device for a longer id that begins with its own is refused', () => {
    expect(codeOf(check(token(own, keyOf(other)), other))).toBe(401003);
  });

  test('of a disabled device is refused', () => {
    const answer = check(token(`${hostName}/devices/gone`, keyOf(disabled)), disabled);
    expect(answer).toMatchObject({ name: 'IotHubUnauthorized', message: expect.stringContaining('disabled') });
  });
});

describe('a module', () => {
  const whole = `${hostName}/devices/Pump-1/modules/camera`;

  test.each<[string, () => string, number]>([
    ['its own key', () => token(whole, keyOf(module)), 200],
    ['its own key, encoded twice', () => token(`${hostName}/devices/Pump%2D1/modules/camer%61`, keyOf(module)), 200],
    ['the key of its device', () => token(whole, keyOf(device)), 401002],
    ["its device's own token", () => token(`${hostName}/devices/Pump-1`, keyOf(device)), 401003],
    ['its own key, for its device', () => token(`${hostName}/devices/Pump-1`, keyOf(module)), 401003],
    ['its own key, for another module', () => token(`${hostName}/devices/Pump-1/modules/cam`, keyOf(module)), 401003],
    ['a policy with device connect, for the module', () => token(whole, policyKey('device'), 'device'), 200],
    [
      'a policy with device connect, for the device',
      () => token(`${hostName}/devices/Pump-1`, policyKey('device'), 'device'),
      200,
    ],
    ['a policy with device connect, for the hub', () => token(hostName, policyKey('device'), 'device'), 200],
    ['a policy without device connect', () => token(hostName, policyKey('service'), 'service'), 401003],
  ])('with %s: %s', async (_, text, code) => {
    expect(codeOf(access.checkDevice(text(), module))).toBe(code);
    const open = await access.openToken(text());
    const admitted = open instanceof Refusal ? open : (open.admits(module) ?? {});
    expect(codeOf(admitted) === 200).toBe(code === 200);
  });

  test('has a token that does not open its device, and one that names it', async () => {
    const open = await access.openToken(token(whole, keyOf(module)));
    if (open instanceof Refusal) throw new Error(open.message);
    expect(open.subject).toBe('Pump-1/camera');
    expect(codeOf(open.admits(device) ?? {})).toBe(401003);
    expect(open.permits({ right: 'ServiceConnect', action: 'twins/read' })?.message).toBe(
      "Authorization rule 'Pump-1/camera' does not allow access for 'ServiceConnect'.",
    );
  });
});
