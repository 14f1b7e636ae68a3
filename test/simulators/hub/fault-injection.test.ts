// The commands of Microsoft's device SDK tests: what the hub does about each, when, and what it says to one it cannot read.
import { expect, test } from 'vitest';
import type { ConnectionObserver, DeviceConnection } from '../../../simulators/hub/connections/connections.ts';
import { commandNames, operationTypes } from '../../../simulators/hub/fault-injection/commands.ts';
import { mostComing, openFaultInjection } from '../../../simulators/hub/fault-injection/fault-injection.ts';
import type { Message } from '../../../simulators/hub/messages/messages.ts';
import { takeTelemetry } from '../../../simulators/hub/messages/telemetry.ts';
import { openThrottling } from '../../../simulators/hub/throttling/throttling.ts';
import type { KillTarget } from '../../../simulators/vocabulary/fault-specs.ts';
import { deviceId, type FaultName } from '../../../simulators/vocabulary/ids.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';
import { Facts, FakeConnection } from './parts.ts';

function aHub(protocol: 'mqtt' | 'amqp' | 'amqp-ws' | 'none' = 'amqp') {
  const clock = new VirtualClock();
  const facts = new Facts();
  const { emit } = facts;
  const cuts: [KillTarget, FaultName, string][] = [];
  const connection: DeviceConnection | undefined =
    protocol === 'none'
      ? undefined
      : Object.assign(new FakeConnection('d'), {
          protocol,
          kill: (...cut: [KillTarget, FaultName, string]) => void cuts.push(cut),
        });
  const find = () => connection;
  let forget: (id: string) => void = () => {};
  const observe = ({ forgotten }: ConnectionObserver) => {
    forget = (id) => forgotten?.(deviceId(id));
  };
  const injection = openFaultInjection({ clock, emit, connections: { find, observe } });
  const telemetry = takeTelemetry({ clock, emit, throttling: openThrottling({ clock, emit }), injection });
  const message = (application: Record<string, string> = {}): Message => ({
    body: Buffer.from('{}'),
    system: {},
    application,
  });
  return {
    clock,
    facts,
    injection,
    cuts,
    forget: (id: string) => forget(id),
    plain: () => telemetry.received(deviceId('d'), message()),
    other: () => telemetry.received(deviceId('e'), message()),
    batch: (...all: Record<string, string>[]) => telemetry.receivedBatch(deviceId('d'), all.map(message)),
    order: (type: string, more: { delay?: string; duration?: string; reason?: string } = {}) => {
      const properties: Record<string, string> = { [commandNames.type]: type };
      for (const name of ['delay', 'duration', 'reason'] as const) {
        if (more[name] !== undefined) properties[commandNames[name]] = more[name];
      }
      return telemetry.received(deviceId('d'), message(properties));
    },
    hints: () => facts.of('hint.given').map(({ text }) => text),
  };
}

test('the names are those that the SDKs send', async () => {
  expect(Object.values(commandNames)).toEqual([
    'AzIoTHub_FaultOperationType',
    'AzIoTHub_FaultOperationCloseReason',
    'AzIoTHub_FaultOperationDelayInSecs',
    'AzIoTHub_FaultOperationDurationInSecs',
  ]);
});

test.each([
  ['KillTcp', 'tcp'],
  ['KillAmqpConnection', 'connection'],
  ['KillAmqpSession', 'session'],
  ['KillAmqpCBSLinkReq', 'cbs-request-link'],
  ['KillAmqpCBSLinkResp', 'cbs-response-link'],
  ['KillAmqpD2CLink', 'telemetry-link'],
  ['KillAmqpC2DLink', 'message-link'],
  ['KillAmqpTwinLinkReq', 'twin-request-link'],
  ['KillAmqpTwinLinkResp', 'twin-response-link'],
  ['KillAmqpMethodReqLink', 'method-request-link'],
  ['KillAmqpMethodRespLink', 'method-response-link'],
  ['ShutDownAmqp', 'connection'],
])('%s cuts the %s once, after its delay and never before it is acknowledged', async (type, what) => {
  const { order, cuts, clock, facts } = aHub();
  expect(order(type, { delay: '2', duration: '20', reason: ' boom ' })).toBe(undefined);
  expect(facts.of('message.received')).toHaveLength(1);
  await clock.advance(1_999);
  expect(cuts).toEqual([]);
  await clock.advance(1);
  expect(cuts).toEqual([[what, `injected-${type}`, `${type}: boom`]]);
  await clock.advance(60_000);
  expect(cuts).toHaveLength(1);
  order(type);
  expect(cuts).toHaveLength(1);
  await clock.advance(0);
  expect(cuts).toHaveLength(2);
});

test.each([
  ['InvokeThrottling', 429_001],
  ['InvokeMaxMessageQuota', 403_002],
  ['InvokeAuthError', 401_003],
])('%s refuses the telemetry of that device with %i, from the delay on for the duration', async (type, number) => {
  const { order, plain, other, clock, facts } = aHub();
  expect(order(type, { delay: '1', duration: '5' })).toBe(undefined);
  expect(plain()).toBe(undefined);
  await clock.advance(1_000);
  expect(plain()?.number).toBe(number);
  expect(other()).toBe(undefined);
  await clock.advance(4_999);
  expect(plain()?.number).toBe(number);
  expect(facts.of('fault.struck')).toMatchObject([{ fault: `injected-${type}`, device: 'd' }]);
  expect(facts.of('throttle.hit')).toHaveLength(number === 429_001 ? 2 : 0);
  await clock.advance(1);
  expect(plain()).toBe(undefined);
});

test('over HTTPS, where there is no connection, the request that asked is refused itself', async () => {
  const { order, batch, clock } = aHub('none');
  expect(order('InvokeMaxMessageQuota', { duration: '5' })?.number).toBe(403_002);
  await clock.advance(5_000);
  const ask = { [commandNames.type]: 'InvokeThrottling', [commandNames.duration]: '5' };
  expect(batch({}, ask)?.number).toBe(429_001);
});

test.each([
  ['amqp', 'ShutDownMqtt'],
  ['mqtt', 'KillAmqpSession'],
  ['none', 'KillTcp'],
] as const)('a device over %s that sends %s is told that there is nothing to cut', async (protocol, type) => {
  const { order, cuts, clock, hints } = aHub(protocol);
  order(type);
  await clock.advance(0);
  expect(cuts).toEqual([]);
  expect(hints()).toEqual([expect.stringMatching(/^AzIoTHub_FaultOperationType: /)]);
});

test('ShutDownMqtt and KillTcp cut an MQTT connection, and AMQP over a WebSocket is AMQP', async () => {
  const mqtt = aHub('mqtt');
  mqtt.order('ShutDownMqtt');
  mqtt.order('KillTcp');
  await mqtt.clock.advance(0);
  expect(mqtt.cuts.map(([what]) => what)).toEqual(['connection', 'tcp']);
  const amqp = aHub('amqp-ws');
  amqp.order('KillAmqpSession');
  await amqp.clock.advance(0);
  expect(amqp.cuts.map(([what]) => what)).toEqual(['session']);
});

test.each([
  ['AzIoTHub_FaultOperationType', 'KillTCP', {}],
  ['AzIoTHub_FaultOperationType', 'constructor', {}],
  ['AzIoTHub_FaultOperationDelayInSecs', 'KillTcp', { delay: 'soon' }],
  ['AzIoTHub_FaultOperationDelayInSecs', 'KillTcp', { delay: '-1' }],
  ['AzIoTHub_FaultOperationDelayInSecs', 'KillTcp', { delay: '86401' }],
  ['AzIoTHub_FaultOperationDurationInSecs', 'InvokeThrottling', { duration: '1e3' }],
  ['AzIoTHub_FaultOperationDurationInSecs', 'InvokeAuthError', {}],
] as const)(
  'a hint names %s when %s comes with %o, and the message is taken in as any other',
  async (name, type, more) => {
    const { order, plain, cuts, clock, hints, facts } = aHub();
    expect(order(type, more)).toBe(undefined);
    expect(hints()).toEqual([expect.stringMatching(new RegExp(`^${name}: .*not obeyed\\.$`))]);
    await clock.advance(100_000_000);
    expect(cuts).toEqual([]);
    expect(plain()).toBe(undefined);
    expect(facts.of('message.received')).toHaveLength(2);
  },
);

test('seconds may have a point', async () => {
  const { order, cuts, clock } = aHub();
  order('KillTcp', { delay: '0.5' });
  await clock.advance(499);
  expect(cuts).toEqual([]);
  await clock.advance(1);
  expect(cuts).toHaveLength(1);
});

test('what is still to come is spared when the hub stops', async () => {
  const { order, cuts, clock, injection } = aHub();
  for (const type of operationTypes) order(type, { delay: '9', duration: '1' });
  injection.stop();
  expect(clock.pending).toBe(0);
  await clock.advance(10_000);
  expect(cuts).toEqual([]);
});

test('of a deleted device nothing is left: one of the same name is not cut, nor refused', async () => {
  const { order, cuts, plain, forget, clock } = aHub();
  order('KillTcp', { delay: '5' });
  order('InvokeThrottling', { duration: '60' });
  expect(plain()).toMatchObject({ name: 'ThrottlingException' });
  forget('d');
  expect(plain()).toBeUndefined();
  expect(clock.pending).toBe(0);
  expect(cuts).toEqual([]);
});

test('a device that asks to be cut over and over has only so much coming', async () => {
  const { order, cuts, clock, hints } = aHub();
  for (let count = 0; count <= mostComing; count++) order('KillTcp', { delay: '5' });
  expect(clock.pending).toBe(mostComing);
  expect(hints()).toEqual([expect.stringContaining('not obeyed')]);
  await clock.advance(5_000);
  expect(cuts).toHaveLength(mostComing);
  order('KillTcp');
  await clock.advance(0);
  expect(cuts).toHaveLength(mostComing + 1);
});
