// What a device does with a method besides its behaviour: stubs by rule, methods nobody knows, methods that come while another is under way.
import { expect, test } from 'vitest';
import { type MethodsSpec, methodsSchema } from '../../../simulators/vocabulary/specs.ts';
import { aDevice } from './a-device.ts';

const methods = (spec: unknown): MethodsSpec => methodsSchema.parse(spec);

/** What was answered: rid, status and payload. */
const answers = ({ broker }: ReturnType<typeof aDevice>): string[] =>
  broker.sessions.flatMap(({ replies }) =>
    replies.map(({ topic, payload }) => {
      const [, status, rid] = /res\/(\d+)\/\?\$rid=(\w+)/.exec(topic) ?? [];
      return `${rid} ${status} ${payload}`;
    }),
  );
const outcomes = (device: ReturnType<typeof aDevice>): string[] =>
  device.of('method.handled').map(({ rid, outcome }) => `${rid} ${outcome}`);

const reboot = { kind: 'reboot', dark: 5_000 } as const;
const rebootDevice = { kind: 'rebootDevice', work: 1_000, dark: 0 } as const;

test('a method nobody knows is answered 404 as the article does, naming those it knows', async () => {
  const device = aDevice({ behaviour: reboot });
  await device.online();
  device.broker.last.call('fly', '1');
  await device.clock.advance(1);
  expect(answers(device)).toEqual(['1 404 {"message":"Unknown method fly","methods":["reboot"]}']);
});

test('the Python device says it in its own words', async () => {
  const device = aDevice({ behaviour: rebootDevice });
  await device.online();
  device.broker.last.call('reboot', '1');
  await device.clock.advance(1);
  expect(answers(device)).toEqual(['1 404 {"Response":"Unknown method"}']);
});

test('silence answers nothing to a method nobody knows, and 501 says that it is not implemented', async () => {
  const device = aDevice({ behaviour: reboot, methods: methods({ unknown: 'silence' }) });
  await device.online();
  device.broker.last.call('fly', '1');
  await device.clock.advance(1);
  expect([answers(device), outcomes(device)]).toEqual([[], ['1 silent']]);
  device.device.change({ ...device.settings, methods: methods({ unknown: '501' }) });
  device.broker.last.call('fly', '2');
  await device.clock.advance(1);
  expect(answers(device)).toEqual(['2 501 {"message":"Method fly is not implemented"}']);
});

test('the first stub that fits answers before the behaviour is asked', async () => {
  const stubs = [
    { method: 'get*', payload: { unit: 'F' }, status: 422 },
    { method: 'get*', status: 201, body: { id: '{deviceId}', asked: '{payload.unit}' }, delay: 300 },
  ];
  const device = aDevice({ behaviour: reboot, methods: methods({ stubs }) });
  await device.online();
  device.broker.last.call('getHeat', '1', '{"unit":"F","more":1}');
  device.broker.last.call('getHeat', '2', '{"unit":"C"}');
  device.broker.last.call('forget', '3');
  await device.clock.advance(1);
  expect(answers(device)).toEqual(['1 422 null', '3 404 {"message":"Unknown method forget","methods":["reboot"]}']);
  await device.clock.advance(300);
  expect(answers(device).at(-1)).toBe('2 201 {"id":"pump-1","asked":"C"}');
});

test('the n-th call that fits is counted through a reboot, whoever answered those before', async () => {
  const stubs = [1, 2].map((nth) => ({ method: 'ping', nth, status: 500 + nth }));
  const device = aDevice({ behaviour: { kind: 'echo' }, methods: methods({ stubs }) });
  await device.online();
  device.broker.last.call('ping', 'a');
  await device.clock.advance(1);
  device.device.reboot(100);
  await device.clock.advance(200);
  for (const rid of ['b', 'c']) device.broker.last.call('ping', rid);
  await device.clock.advance(1);
  expect(answers(device)).toEqual(['a 501 null', 'b 502 null', 'c 200 ']);
});

test('parallel serves a method beside another', async () => {
  const device = aDevice({ behaviour: rebootDevice });
  await device.online();
  for (const rid of ['1', '2']) device.broker.last.call('rebootDevice', rid);
  await device.clock.advance(1_001);
  expect(outcomes(device)).toEqual(['1 answered', '2 answered']);
});

test('queue serves one after the other, in the order in which they came', async () => {
  const device = aDevice({ behaviour: rebootDevice, methods: methods({ busy: 'queue' }) });
  await device.online();
  for (const rid of ['1', '2', '3']) device.broker.last.call('rebootDevice', rid);
  const at: number[] = [];
  for (let second = 1; second <= 3; second++) {
    await device.clock.advance(1_001);
    at.push(answers(device).length);
  }
  expect([at, outcomes(device)]).toEqual([
    [1, 2, 3],
    ['1 answered', '2 answered', '3 answered'],
  ]);
});

test('a queue of thousands that are answered at once does not run out of stack', async () => {
  const stubs = [{ method: 'slow', delay: 100 }];
  const device = aDevice({ behaviour: { kind: 'echo' }, methods: methods({ stubs, busy: 'queue' }) });
  await device.online();
  device.broker.last.call('slow', 'a');
  for (let rid = 0; rid < 5_000; rid++) device.broker.last.call('ping', `${rid}`);
  await device.clock.advance(101);
  expect(answers(device)).toHaveLength(5_001);
});

test('refuse answers 503 and says what the device is busy with, until that is answered', async () => {
  const device = aDevice({ behaviour: rebootDevice, methods: methods({ busy: 'refuse' }) });
  await device.online();
  for (const rid of ['1', '2']) device.broker.last.call('rebootDevice', rid);
  await device.clock.advance(1_001);
  device.broker.last.call('rebootDevice', '3');
  await device.clock.advance(1_001);
  expect(answers(device).map((answer) => answer.slice(0, 5))).toEqual(['2 503', '1 200', '3 200']);
  expect(answers(device)[0]).toContain('Busy with rebootDevice');
});

test.each(['reboot', 'stop'] as const)('a %s empties the queue: what waited there is lost', async (how) => {
  const device = aDevice({ behaviour: rebootDevice, methods: methods({ busy: 'queue' }) });
  await device.online();
  for (const rid of ['1', '2', '3']) device.broker.last.call('rebootDevice', rid);
  await device.clock.advance(1);
  device.device[how](100);
  await device.clock.advance(5_000);
  expect([outcomes(device), answers(device)]).toEqual([['1 lost', '2 lost', '3 lost'], []]);
});

test('a device that locked up answers nothing, not even what was under way, until it is power-cycled', async () => {
  const several = { kind: 'several', of: [rebootDevice, { kind: 'lockup', method: 'lockup' }] } as const;
  const device = aDevice({ behaviour: { ...several, of: [...several.of] }, methods: methods({ busy: 'parallel' }) });
  await device.online();
  device.broker.last.call('rebootDevice', '1');
  device.broker.last.call('lockup', '2');
  device.broker.last.call('rebootDevice', '3');
  await device.clock.advance(5_000);
  expect([outcomes(device), answers(device)]).toEqual([['1 silent', '2 silent', '3 silent'], []]);
  device.device.stop();
  device.device.start(0);
  await device.clock.advance(10);
  device.broker.last.call('rebootDevice', '4');
  await device.clock.advance(1_001);
  expect(outcomes(device).at(-1)).toBe('4 answered');
});

test('a lost link does not cure a lock-up', async () => {
  const device = aDevice({ behaviour: { kind: 'lockup', method: '*' } });
  await device.online();
  device.broker.last.call('x', '1');
  await device.clock.advance(1);
  device.broker.last.stream.destroy();
  await device.clock.advance(1_000);
  expect(device.device.state).toBe('online');
  device.broker.last.call('y', '2');
  await device.clock.advance(1);
  expect(outcomes(device)).toEqual(['1 silent', '2 silent']);
});
