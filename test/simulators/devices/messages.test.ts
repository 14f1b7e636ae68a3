// Messages of a device both ways: telemetry from a template, in time and by chance, and cloud-to-device messages settled by rule.
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { settlementOf } from '../../../simulators/devices/settling.ts';
import { seeded } from '../../../simulators/random/random.ts';
import { deviceId } from '../../../simulators/vocabulary/ids.ts';
import { messagesSchema, telemetrySchema } from '../../../simulators/vocabulary/specs.ts';
import { type ADevice, aDevice } from './a-device.ts';

const made: ADevice[] = [];
const theDevice: typeof aDevice = (changes, of) => {
  const one = aDevice(changes, of);
  made.push(one);
  return one;
};
afterEach(async () => {
  for (const { device, clock } of made.splice(0)) {
    device.stop();
    await clock.advance(5_000);
    expect(clock.pending, 'timers left behind').toBe(0);
  }
});

const telemetry = (spec: object) => telemetrySchema.parse({ everySeconds: 10, jitter: 0, ...spec });
const eventsOf = ({ broker }: ADevice) =>
  broker.sessions.flatMap(({ published }) => published.filter(({ topic }) => topic.includes('/messages/events/')));
const bodiesOf = (one: ADevice) => eventsOf(one).map(({ payload }) => JSON.parse(payload) as Record<string, unknown>);

describe('telemetry', () => {
  test('leaves every interval while the device is online, with what the template says', async () => {
    const template = {
      id: '{deviceId}',
      number: '{index}',
      count: '{count}',
      at: '{time}',
      text: 'no. {count} of "{deviceId}" {not one}',
      on: '{pick:true}',
      list: [1, null, '{pick:a}'],
    };
    const one = theDevice({ telemetry: telemetry({ template, properties: { kind: 'level {count}' } }) }, { index: 12 });
    await one.online();
    await one.clock.advance(9_990);
    expect(eventsOf(one)).toEqual([]);
    await one.clock.advance(10_010);
    const [first, second, ...more] = eventsOf(one);
    expect(more).toEqual([]);
    expect(first?.topic).toBe('devices/pump-1/messages/events/$.ct=application%2Fjson&$.ce=utf-8&kind=level%201');
    expect(JSON.parse(second?.payload ?? '')).toEqual({
      ...{ id: 'pump-1', number: 12, count: 2, at: expect.stringMatching(/^2026-01-01T00:00:20\.\d{3}Z$/) },
      ...{ text: 'no. 2 of "pump-1" {not one}', on: true, list: [1, null, 'a'] },
    });
    expect(one.of('telemetry.sent')).toMatchObject([{ outcome: 'taken' }, { outcome: 'taken' }]);
  });

  test('of a module goes out under its device', async () => {
    const one = theDevice(
      { telemetry: telemetry({ template: '{deviceId}', contentType: 'text/plain' }) },
      { id: deviceId('pump-1/eye') },
    );
    await one.online();
    await one.clock.advance(10_000);
    const [first] = eventsOf(one);
    expect(first?.topic).toMatch(/^devices\/pump-1\/modules\/eye\/messages\/events\//);
    expect(first?.payload).toBe('pump-1/eye');
    expect(one.broker.last.connect).toMatchObject({ clientId: 'pump-1/eye' });
    expect(one.broker.last.connect?.username).toContain('hub.example/pump-1/eye/?api-version=');
    expect(decodeURIComponent(String(one.broker.last.connect?.password))).toContain(
      'hub.example/devices/pump-1/modules/eye',
    );
  });

  test('stops while the device is dark and goes on counting when it is back', async () => {
    const one = theDevice({ telemetry: telemetry({ template: { n: '{count}' } }) });
    await one.online();
    await one.clock.advance(20_000);
    one.device.reboot(60_000);
    await one.clock.advance(60_000);
    expect(bodiesOf(one)).toHaveLength(2);
    await one.clock.advance(10_100);
    expect(bodiesOf(one).map(({ n }) => n)).toEqual([1, 2, 3]);
  });

  test('drawn from one seed is the same each time, and another device draws other numbers', async () => {
    const template = { level: '{random:0:100:3}', heat: '{walk:18:24:0.5:2}', mode: '{pick:eco:max}' };
    const run = async (seed: number) => {
      const one = theDevice({ telemetry: telemetry({ template, jitter: 0.5 }) }, { random: seeded(seed) });
      await one.online();
      await one.clock.advance(200_000);
      return JSON.stringify(eventsOf(one));
    };
    const [first, again, other] = [await run(3), await run(3), await run(4)];
    expect(again).toBe(first);
    expect(other).not.toBe(first);
  });

  test('a walk stays within its bounds and moves by no more than its step', async () => {
    const one = theDevice({ telemetry: telemetry({ template: { heat: '{walk:18:19:0.3:4}' } }) });
    await one.online();
    await one.clock.advance(1_000_000);
    const heats = bodiesOf(one).map(({ heat }) => heat as number);
    expect(heats.length).toBeGreaterThan(90);
    expect(heats[0]).toBe(18.5);
    for (const [place, heat] of heats.entries()) {
      expect(heat).toBeGreaterThanOrEqual(18);
      expect(heat).toBeLessThanOrEqual(19);
      if (place > 0) expect(Math.abs(heat - (heats[place - 1] ?? 0))).toBeLessThanOrEqual(0.3 + 1e-3);
    }
    expect(new Set(heats).size).toBeGreaterThan(20);
  });

  test('jitter moves each wait by its share and no further', async () => {
    const one = theDevice({ telemetry: telemetry({ template: { at: '{time}' }, jitter: 0.2 }) });
    await one.online();
    await one.clock.advance(600_000);
    const times = bodiesOf(one).map(({ at }) => Date.parse(String(at)));
    const waits = times.slice(1).map((at, place) => at - (times[place] ?? 0));
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(8_000);
    expect(Math.max(...waits)).toBeLessThanOrEqual(12_000);
    expect(new Set(waits).size).toBeGreaterThan(waits.length / 2);
  });

  test('that the hub does not acknowledge is lost with the link, and a device with a full buffer drops what is due', async () => {
    const one = theDevice({ telemetry: telemetry({ everySeconds: 1, template: { n: '{count}' } }) });
    one.broker.acknowledges = false;
    await one.online();
    await one.clock.advance(20_010);
    expect(eventsOf(one)).toHaveLength(16);
    expect(one.of('telemetry.sent')).toHaveLength(4);
    one.broker.last.stream.destroy();
    await one.clock.advance(1);
    expect(one.of('telemetry.sent').map(({ outcome }) => outcome)).toEqual(Array(20).fill('lost'));
  });

  test('under way is acknowledged before the token is renewed, and goes on after it', async () => {
    const one = theDevice({
      telemetry: telemetry({ everySeconds: 1, template: { n: '{count}' } }),
      tokenLifetimeSeconds: 600,
    });
    await one.online();
    await one.clock.advance(520_000);
    expect(one.broker.sessions).toHaveLength(2);
    const outcomes = one.of('telemetry.sent').map(({ outcome }) => outcome);
    expect(new Set(outcomes)).toEqual(new Set(['taken']));
    expect(bodiesOf(one).map(({ n }) => n)).toEqual(outcomes.map((_, place) => place + 1));
    expect(outcomes.length).toBeGreaterThan(515);
  });

  test('goes on while a method holds a renewal up', async () => {
    const one = theDevice({
      ...{ behaviour: { kind: 'rebootDevice', work: 60_000, dark: 0 }, tokenLifetimeSeconds: 600 },
      telemetry: telemetry({ everySeconds: 1, template: { n: '{count}' } }),
    });
    await one.online();
    await one.clock.advance(500_000);
    one.broker.last.call('rebootDevice', 'f');
    await one.clock.advance(50_000);
    expect(one.broker.sessions).toHaveLength(1);
    expect(eventsOf(one).length).toBeGreaterThan(545);
  });

  test('comes and goes when the fleet is changed, without dropping the link', async () => {
    const one = theDevice();
    await one.online();
    one.device.change({ ...one.settings, telemetry: telemetry({ template: {} }) });
    await one.clock.advance(10_010);
    one.device.change(one.settings);
    await one.clock.advance(60_000);
    expect(eventsOf(one)).toHaveLength(1);
    expect(one.broker.sessions).toHaveLength(1);
  });
});

describe('a cloud-to-device message', () => {
  const arrive = ({ broker }: ADevice, bag: string, messageId = 7) =>
    broker.last.send({
      ...{ cmd: 'publish', topic: `devices/pump-1/messages/devicebound/${bag}`, payload: 'hello' },
      ...{ qos: 1, messageId, dup: false, retain: false },
    });
  const acksOf = ({ broker }: ADevice) =>
    broker.last.received.flatMap((packet) => (packet.cmd === 'puback' ? [packet.messageId] : []));

  test('is completed by an acknowledgement', async () => {
    const one = theDevice();
    await one.online();
    arrive(one, '$.mid=m-1&$.to=%2Fdevices%2Fpump-1%2Fmessages%2FdeviceBound&level=3');
    await one.clock.advance(1);
    expect(acksOf(one)).toEqual([7]);
    expect(one.of('message.taken')).toMatchObject([{ messageId: 'm-1', bytes: 5, outcome: 'completed' }]);
  });

  test.each([
    ['reject', 'rejected'],
    ['abandon', 'abandoned'],
  ] as const)(
    'that a device would %s is left unacknowledged over MQTT, and the next one is taken all the same',
    async (rule, outcome) => {
      const one = theDevice({
        behaviour: { kind: 'echo' },
        messages: messagesSchema.parse({ rules: [{ property: 'bad', do: rule }] }),
      });
      await one.online();
      arrive(one, 'bad=1', 7);
      arrive(one, '', 8);
      one.broker.last.call('ping', '1');
      await one.clock.advance(1);
      expect(acksOf(one)).toEqual([8]);
      expect(one.of('message.taken').map((fact) => fact.outcome)).toEqual([outcome, 'completed']);
      expect(one.broker.last.replies).toHaveLength(1);
    },
  );

  test('for another device is told and not acknowledged as taken by this one', async () => {
    const one = theDevice();
    await one.online();
    one.broker.last.publish('devices/pump-2/messages/devicebound/', 'not yours');
    await one.clock.advance(1);
    expect(one.of('message.taken')).toEqual([]);
    expect(one.of('device.failed')).toHaveLength(1);
  });
});

describe('rules for messages', () => {
  const messages = (properties: Record<string, string>) => ({ properties });

  test('are tried in order: the first that fits decides, else what stands under otherwise', () => {
    const spec = messagesSchema.parse({
      rules: [
        { property: 'kind', value: 'poison', do: 'reject' },
        { property: 'kind', do: 'abandon' },
      ],
    });
    const random = seeded(1);
    expect(settlementOf(spec, messages({ kind: 'poison' }), random)).toBe('rejected');
    expect(settlementOf(spec, messages({ kind: 'other' }), random)).toBe('abandoned');
    expect(settlementOf(spec, messages({}), random)).toBe('completed');
    expect(settlementOf(spec, messages({ toString: 'x' }), random)).toBe('completed');
  });

  test('with a share take about that part, the same one for the same seed', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(), (share, seed) => {
        const spec = messagesSchema.parse({ rules: [{ share, do: 'reject' }] });
        const draw = () => {
          const random = seeded(seed);
          return Array.from({ length: 400 }, () => settlementOf(spec, messages({}), random));
        };
        const drawn = draw();
        expect(draw()).toEqual(drawn);
        expect(Math.abs(drawn.filter((each) => each === 'rejected').length / 400 - share)).toBeLessThan(0.15);
      }),
      { numRuns: 50 },
    );
  });
});
