// What a user writes: defaults are filled in, and every mistake is a sentence that names its field.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { protocolsOf } from '../../../simulators/vocabulary/protocols.ts';
import { faultSpecSchema, fleetSpecSchema, linkProtocols, problemsOf } from '../../../simulators/vocabulary/specs.ts';
import { parseTemplate, placeholders } from '../../../simulators/vocabulary/telemetry-template.ts';

const problems = (schema: typeof fleetSpecSchema | typeof faultSpecSchema, input: unknown): string[] => {
  const parsed = schema.safeParse(input);
  return parsed.success ? [] : problemsOf(parsed.error);
};

describe('a fleet', () => {
  test('needs a name and a count, the rest has defaults', () => {
    expect(fleetSpecSchema.parse({ name: 'demo', count: 100 })).toMatchObject({
      id: 'device-{index:0000}',
      protocol: 'mqtt',
      tls: false,
      behaviour: { kind: 'reboot', dark: 5_000 },
      connect: { perSecond: 200 },
      reconnect: { kind: 'backoff', first: 500, most: 30_000 },
    });
  });

  test.each([
    [{ name: 'two words', count: 1 }, 'name: a fleet name has'],
    [{ name: 'demo', count: 0 }, 'count: at least 1'],
    [{ name: 'demo', count: 60_000 }, 'count: at most 50000'],
    [{ name: 'demo', count: 2, id: 'pump' }, 'id: needs {index}'],
    [{ name: 'demo', count: 1, keepAliveSeconds: 2_000 }, 'keepAliveSeconds: at most 1177'],
    [{ name: 'demo', count: 1, behaviour: { kind: 'reboot', dark: -1 } }, 'behaviour.dark: at least 0'],
    [{ name: 'demo', count: 1, colour: 'red' }, 'colour'],
    [{ name: 'demo', count: 1, protocol: 'coap' }, 'protocol: one of mqtt, mqtt-ws, amqp, amqp-ws, or shares'],
    [{ name: 'demo', count: 1, protocol: { mqtt: 0 } }, 'protocol: at least one share above 0'],
    [{ name: 'demo', count: 1, protocol: { mqtt: -1 } }, 'protocol.mqtt: a share is 0 or more'],
    [{ name: 'demo', count: 1, authentication: 'password' }, 'authentication: one of sas, x509-self-signed, x509-ca'],
    [{ name: 'demo', count: 1, devicesPerConnection: 1_001 }, 'devicesPerConnection: at most 1000'],
    [{ name: 'demo', count: 1, devicesPerConnection: 0 }, 'devicesPerConnection: at least 1'],
    [
      { name: 'demo', count: 1, devicesPerConnection: 2, authentication: 'x509-ca' },
      'devicesPerConnection: a connection shows one certificate',
    ],
    [{ name: 'demo', count: 1, modules: ['a', 'a'] }, 'modules: each name once'],
    [{ name: 'demo', count: 1, modules: ['a/b'] }, "modules.0: a module's name"],
    [{ name: 'demo', count: 1, modules: Array.from({ length: 51 }, (_, n) => `m${n}`) }, 'modules: at most 50'],
    [{ name: 'demo', count: 30_000, modules: ['eye'] }, 'modules: 30000 devices with 1 each'],
    [{ name: 'demo', count: 1, hub: 'contoso.azure-devices.net' }, 'hub: local, or a connection string'],
    [{ name: 'demo', count: 1, telemetry: {} }, 'telemetry.everySeconds: how often'],
    [
      { name: 'demo', count: 1, telemetry: { everySeconds: 0 } },
      'telemetry.everySeconds: 0 must be 0.01 to 86400 seconds',
    ],
    [{ name: 'demo', count: 1, telemetry: { intervalMs: 5 } }, 'telemetry.intervalMs: 5 must be 10 to 86400000 ms'],
    [{ name: 'demo', count: 1, telemetry: { everySeconds: 1, intervalMs: 1_000 } }, 'give either everySeconds or'],
    [{ name: 'demo', count: 1, telemetry: { everySeconds: 1, jitter: 2 } }, 'telemetry.jitter: at most 1'],
    [
      { name: 'demo', count: 1, telemetry: { everySeconds: 1, template: { a: '{heat}' } } },
      'telemetry.template: {heat}: not a placeholder; there are {deviceId}',
    ],
    [
      { name: 'demo', count: 1, telemetry: { everySeconds: 1, properties: { a: '{random:5:1}' } } },
      'telemetry.properties: {random:5:1}: low (5) must not be above high (1)',
    ],
    [{ name: 'demo', count: 1, messages: 'ignore' }, 'messages: complete, reject or abandon'],
  ])('%j is refused: %s', (input, sentence) => {
    expect(problems(fleetSpecSchema, input).join('\n')).toContain(sentence);
  });
});

describe('what a fleet says about messages', () => {
  test('is kept as it was read, so that it can be read again', () => {
    const input = {
      ...{ name: 'demo', count: 4, protocol: { mqtt: 1, 'amqp-ws': 3 }, modules: ['$edgeAgent'] },
      telemetry: { everySeconds: 2.5, template: { n: '{count}' } },
      messages: { rules: [{ property: 'bad', do: 'reject' }] },
    };
    const spec = fleetSpecSchema.parse(input);
    expect(spec.telemetry).toEqual({
      ...{ intervalMs: 2_500, jitter: 0.1, template: { n: '{count}' }, properties: {} },
      ...{ contentType: 'application/json', contentEncoding: 'utf-8' },
    });
    expect(spec.messages).toEqual({ rules: [{ property: 'bad', share: 1, do: 'reject' }], otherwise: 'complete' });
    expect(fleetSpecSchema.parse(JSON.parse(JSON.stringify(spec)))).toEqual(spec);
  });

  test('never repeats a connection string that was refused', () => {
    const said = problems(fleetSpecSchema, { name: 'a', count: 1, hub: 'HostName=a.b;SharedAccess=c2VjcmV0' }).join();
    expect(said).toContain('hub: ');
    expect(said).not.toContain('c2VjcmV0');
  });
});

describe('a mix of protocols', () => {
  test('gives each protocol its share of every fleet, in the same places however long the fleet is', () => {
    const mix = fc.record({
      mqtt: fc.integer({ min: 0, max: 9 }),
      'mqtt-ws': fc.integer({ min: 0, max: 9 }),
      amqp: fc.integer({ min: 0, max: 9 }),
      'amqp-ws': fc.integer({ min: 1, max: 9 }),
    });
    fc.assert(
      fc.property(mix, fc.integer({ min: 1, max: 300 }), (protocol, count) => {
        const given = protocolsOf(protocol, count);
        expect(protocolsOf(protocol, count + 40).slice(0, count)).toEqual(given);
        const total = Object.values(protocol).reduce((sum, share) => sum + share);
        for (const [name, share] of Object.entries(protocol)) {
          const here = given.filter((each) => each === name).length;
          if (share === 0) expect(here).toBe(0);
          expect(Math.abs(here - (count * share) / total)).toBeLessThan(3);
        }
      }),
    );
  });

  test('of four equal shares is a quarter each, exactly', () => {
    const given = protocolsOf({ mqtt: 25, 'mqtt-ws': 25, amqp: 25, 'amqp-ws': 25 }, 500);
    expect(linkProtocols.map((name) => given.filter((each) => each === name).length)).toEqual([125, 125, 125, 125]);
  });
});

describe('a telemetry template', () => {
  test.each([
    ['{random:1}', 'needs low and high'],
    ['{random:a:2}', "'a' is not a number"],
    ['{random:1:2:1.5}', 'decimals: a whole number from 0 to 9'],
    ['{walk:1:2}', 'needs low, high and step'],
    ['{walk:1:2:0}', 'the step must be above 0'],
    ['{pick}', 'needs words'],
    ['{count:3}', 'takes nothing after its name'],
    ['{Index}', 'not a placeholder'],
  ])('%s is refused: %s', (template, sentence) => {
    expect(() => parseTemplate({ deep: [{ a: template }] })).toThrow(sentence);
  });

  test('may hold every placeholder that help names', () => {
    const numbers: Record<string, string> = { low: '1', high: '2.5', step: '0.1' };
    for (const { written } of placeholders) {
      const filled = written.replace(/low|high|step/g, (word) => numbers[word] ?? word);
      expect(parseTemplate({ value: filled }).parts).toHaveLength(3);
    }
  });

  test('without placeholders is its own JSON, whatever is in it', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        fc.pre(!/\{[A-Za-z]/.test(JSON.stringify(value)) && typeof value !== 'string');
        const { parts } = parseTemplate(value);
        expect(parts.every((part) => typeof part === 'string')).toBe(true);
        expect(JSON.parse(parts.join(''))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});

describe('a fault', () => {
  test('touches every device unless it says otherwise', () => {
    expect(faultSpecSchema.parse({ name: 'dead', settings: { kind: 'reply.never' } })).toMatchObject({
      on: { share: 1 },
    });
  });

  test.each([
    [{ name: 'x', settings: { kind: 'reply.never' }, on: { share: 1.5 } }, 'on.share: at most 1'],
    [
      { name: 'x', settings: { kind: 'reply.delay', delay: { kind: 'uniform', low: 9, high: 3 } } },
      'low: must not be above high',
    ],
    [
      { name: 'x', settings: { kind: 'reply.delay', delay: { kind: 'log-normal', median: 0, sigma: 1 } } },
      'median: above 0',
    ],
    [
      { name: 'x', settings: { kind: 'reply.delay', delay: { kind: 'log-normal', median: 5, sigma: 9 } } },
      'sigma: at most 3',
    ],
    [{ name: 'x', settings: { kind: 'nonsense' } }, 'settings.kind'],
  ])('%j is refused: %s', (input, sentence) => {
    expect(problems(faultSpecSchema, input).join('\n')).toContain(sentence);
  });
});
