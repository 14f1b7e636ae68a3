// Faults on the link of one device in virtual time: when each begins and ends, what the device does meanwhile, and who is named for it.
import { afterEach, describe, expect, test } from 'vitest';
import { parseToken } from '../../../../simulators/tokens/sas-token.ts';
import { faultName } from '../../../../simulators/vocabulary/ids.ts';
import type {
  CallPassage,
  DialPassage,
  FaultHooks,
  Passages,
  Stage,
} from '../../../../simulators/vocabulary/passages.ts';
import { noFaults } from '../../../../simulators/vocabulary/passages.ts';
import { TinyAmqpHub } from '../../../support/tiny-amqp-hub.ts';
import { type ADevice, aDevice } from '../../devices/a-device.ts';
import { theFault } from '../a-passage.ts';
import { type AFaultedDevice, aFaultedDevice } from './a-faulted-device.ts';

const made: ADevice[] = [];
const theDevice = (changes?: Parameters<typeof aFaultedDevice>[0]): AFaultedDevice => {
  const one = aFaultedDevice(changes);
  made.push(one);
  return one;
};
/** Hooks that lead what passes one stage through `strike`. */
const striking = <S extends Stage>(stage: S, strike: (passage: Passages[S]) => void): FaultHooks => ({
  ...noFaults,
  at: <T extends Stage>(asked: T) =>
    (asked as Stage) === stage ? (strike as unknown as (passage: Passages[T]) => void) : undefined,
});

afterEach(async () => {
  for (const { device, clock } of made.splice(0)) {
    device.stop();
    await clock.advance(5_000);
    expect(clock.pending, 'timers left behind').toBe(0);
  }
});

describe('offline', () => {
  test('begins and ends with the times of its schedule, and the device is back at once', async () => {
    const { online, add, clock, story, lift } = theDevice();
    add({ kind: 'link.offline' }, { from: 2_000, until: 5_000 });
    await online();
    await clock.advance(10_000);
    expect(story()).toEqual([
      '0 waiting',
      '0 connecting',
      '0 online',
      '2000 waiting [fault]',
      '5000 connecting',
      '5000 online',
    ]);
    lift();
  });

  test('lasts as long as it says, also when its times are over sooner, and strikes once for each of them', async () => {
    const { online, add, clock, story, broker, lift } = theDevice();
    add({ kind: 'link.offline', lasting: 1_000 }, { after: { event: 'called', method: 'go', lasting: 10 } });
    await online();
    broker.last.call('other', '1');
    await clock.advance(1_999);
    broker.last.call('go', '2');
    await clock.advance(5_000);
    broker.last.call('go', '3');
    await clock.advance(500);
    expect(story().slice(3)).toEqual([
      '2000 waiting [fault]',
      '3000 connecting',
      '3000 online',
      '7000 waiting [fault]',
    ]);
    lift();
    await clock.advance(1);
    expect(story().slice(-2)).toEqual(['7500 connecting', '7500 online']);
  });

  test('the call that brings it on is lost and not executed', async () => {
    const { online, add, clock, of, broker, lift } = theDevice();
    add({ kind: 'link.offline', lasting: 100 }, { after: { event: 'called', lasting: 10 } });
    await online();
    broker.last.call('go', '1');
    await clock.advance(1_000);
    expect(of('method.handled')).toMatchObject([{ outcome: 'lost' }]);
    expect(broker.sessions.flatMap(({ replies }) => replies)).toEqual([]);
    lift();
  });

  test('may be brought on by coming online, again and again', async () => {
    const { online, add, clock, story, lift, device } = theDevice();
    add({ kind: 'link.offline', lasting: 1_000 }, { after: { event: 'connected', lasting: 500 } });
    await online();
    await clock.advance(2_500);
    expect(story().filter((line) => line.endsWith('[fault]'))).toEqual([
      '0 waiting [fault]',
      '1000 waiting [fault]',
      '2000 waiting [fault]',
    ]);
    lift();
    await clock.advance(1);
    expect(device.state).toBe('online');
  });

  test('a device that comes up while it is on tries, is told, and waits; a stopped one is not started by the lift', async () => {
    const { add, clock, story, lift, device, broker } = theDevice();
    add({ kind: 'link.offline' });
    device.start(100);
    await clock.advance(60_000);
    expect(story()).toEqual(['0 waiting', '100 connecting', '100 waiting [fault]']);
    expect(broker.sessions).toEqual([]);
    device.stop();
    lift();
    await clock.advance(60_000);
    expect(device.state).toBe('off');
  });

  test('two of them: the device is back only when both are lifted', async () => {
    const { online, add, clock, faults, device } = theDevice();
    await online();
    add({ kind: 'link.offline' }, {}, 'one');
    add({ kind: 'link.offline' }, {}, 'two');
    faults.lift(faultName('one'));
    await clock.advance(60_000);
    expect(device.state).toBe('waiting');
    faults.lift(faultName('two'));
    await clock.advance(1);
    expect(device.state).toBe('online');
  });

  test('a reboot meanwhile ends in waiting, not in a dial', async () => {
    const { online, add, clock, device, story, lift, broker } = theDevice();
    await online();
    device.reboot(5_000);
    add({ kind: 'link.offline' });
    await clock.advance(10_000);
    expect(story().slice(3)).toEqual(['1 dark', '5001 connecting', '5001 waiting [fault]']);
    expect(broker.sessions).toHaveLength(1);
    lift();
    await clock.advance(1);
    expect(device.state).toBe('online');
  });
});

describe('flap', () => {
  const flap = { kind: 'link.flap', up: { kind: 'fixed', ms: 1_000 }, down: { kind: 'fixed', ms: 200 } } as const;

  test('is up and down as long as was drawn, from when it was added until it is lifted', async () => {
    const { online, add, clock, story, lift, told } = theDevice();
    await online();
    add(flap);
    await clock.advance(2_500);
    expect(story().slice(3)).toEqual([
      '1001 waiting [fault]',
      '1201 connecting',
      '1201 online',
      '2201 waiting [fault]',
      '2401 connecting',
      '2401 online',
    ]);
    await clock.advance(1_000);
    lift();
    await clock.advance(60_000);
    expect(story().slice(-2)).toEqual(['3501 connecting', '3501 online']);
    expect(told.filter(({ type }) => type === 'fault.struck').length).toBeGreaterThan(0);
  });

  test('a device that comes up late is up for as long all the same', async () => {
    const { online, add, clock, story, lift, device } = theDevice();
    await online();
    add(flap);
    device.reboot(5_000);
    await clock.advance(6_150);
    const [up, down] = story().slice(-2);
    expect([up, down]).toEqual([expect.stringMatching(/ online$/), expect.stringMatching(/ waiting \[fault\]$/)]);
    expect(Number.parseInt(down ?? '', 10) - Number.parseInt(up ?? '', 10)).toBeGreaterThanOrEqual(1_000);
    lift();
  });

  test('only between the times of its schedule; down when they end, it is up at once', async () => {
    const { online, add, clock, story, lift } = theDevice();
    add(flap, { from: 5_000, until: 6_100 });
    await online();
    await clock.advance(20_000);
    expect(story().slice(3)).toEqual(['6000 waiting [fault]', '6100 connecting', '6100 online']);
    lift();
  });
});

describe('storm', () => {
  test('drops the link and dials again without the wait of the policy, at the times of its schedule', async () => {
    const { online, add, clock, story, lift } = theDevice({ reconnect: { kind: 'none' } });
    await online();
    add({ kind: 'link.storm', again: 1_000 }, { from: 500, until: 2_000 });
    await clock.advance(10_000);
    expect(story().slice(3)).toEqual([
      '501 waiting [fault]',
      '501 connecting',
      '501 online',
      '1501 waiting [fault]',
      '1501 connecting',
      '1501 online',
    ]);
    lift();
  });

  test('leaves alone a device that has no link, and does not count it', async () => {
    const { online, add, clock, device, story, lift, told } = theDevice();
    await online();
    device.reboot(5_000);
    add({ kind: 'link.storm' });
    await clock.advance(10_000);
    expect(story().slice(3)).toEqual(['1 dark', '5001 connecting', '5001 online']);
    lift();
    expect(told).toEqual([]);
  });
});

describe('refuse', () => {
  test('the device tries by its policy, and again by it once nobody refuses', async () => {
    const { add, clock, story, lift, device, broker } = theDevice();
    add({ kind: 'link.refuse' });
    device.start(0);
    await clock.advance(2_000);
    expect(story().filter((line) => line.endsWith('[fault]'))).toEqual([
      '0 waiting [fault]',
      '500 waiting [fault]',
      '1500 waiting [fault]',
    ]);
    expect(broker.sessions).toEqual([]);
    lift();
    await clock.advance(2_000);
    expect(story().slice(-2)).toEqual(['3500 connecting', '3500 online']);
  });

  test('without a policy to dial again it gives up', async () => {
    const { add, clock, story, device } = theDevice({ reconnect: { kind: 'none' } });
    add({ kind: 'link.refuse' });
    device.start(0);
    await clock.advance(60_000);
    expect(story()).toEqual(['0 waiting', '0 connecting', '0 failed [fault]']);
  });
});

describe('an attempt to connect that is held', () => {
  const heldDials = () => {
    const held: DialPassage[] = [];
    const one = aDevice({ faults: striking('dial', (passage) => held.push(passage)) });
    made.push(one);
    return { ...one, held };
  };

  test('goes on when it is let go', async () => {
    const { device, clock, held, broker } = heldDials();
    device.start(0);
    await clock.advance(60_000);
    expect([device.state, broker.sessions.length]).toEqual(['connecting', 0]);
    held[0]?.pass();
    await clock.advance(1);
    expect(device.state).toBe('online');
  });

  test('comes to nothing when the device stopped or rebooted meanwhile', async () => {
    const { device, clock, held, broker, states } = heldDials();
    device.start(0);
    await clock.advance(1);
    device.stop();
    device.start(0);
    await clock.advance(1);
    device.reboot(1_000);
    held[0]?.pass();
    held[1]?.refuse(theFault, 'connection refused');
    await clock.advance(10);
    expect([device.state, broker.sessions.length]).toEqual(['dark', 0]);
    await clock.advance(1_000);
    held[2]?.pass();
    await clock.advance(1);
    expect(states().slice(-3)).toEqual(['dark: rebooting', 'connecting', 'online']);
  });
});

describe('a call that is held', () => {
  const heldCalls = async () => {
    const held: CallPassage[] = [];
    const one = aDevice({
      behaviour: { kind: 'echo' },
      faults: striking('call', (passage) => {
        passage.touches = [{ fault: theFault, leg: 'inDevice' }];
        held.push(passage);
      }),
    });
    made.push(one);
    await one.online();
    one.broker.last.call('ping', '1', '"text"');
    await one.clock.advance(1);
    return { ...one, held };
  };
  const touches = [{ fault: theFault, leg: 'inDevice' }];

  test('is executed when it is let go, and answered with the fault named', async () => {
    const { held, broker, clock, of } = await heldCalls();
    await clock.advance(1_000);
    held[0]?.pass();
    await clock.advance(1);
    expect(broker.last.replies).toHaveLength(1);
    expect(of('method.handled')).toMatchObject([{ outcome: 'answered', touches }]);
  });

  test('whose connection is gone meanwhile is lost, told once and never executed', async () => {
    const { held, broker, clock, of } = await heldCalls();
    broker.last.stream.destroy();
    await clock.advance(600);
    held[0]?.pass();
    await clock.advance(1);
    expect(broker.sessions.map(({ replies }) => replies.length)).toEqual([0, 0]);
    expect(of('method.handled')).toMatchObject([{ outcome: 'lost', touches }]);
  });

  test('takes no other link down than its own', async () => {
    const { held, broker, clock, device } = await heldCalls();
    broker.last.stream.destroy();
    await clock.advance(600);
    held[0]?.link.drop(theFault, 'dropped');
    held[0]?.lose();
    await clock.advance(1);
    expect([device.state, broker.sessions.length]).toEqual(['online', 2]);
  });

  test('of a device that reboots meanwhile is lost, told once and never executed', async () => {
    const { held, clock, of, device } = await heldCalls();
    device.reboot(100);
    held[0]?.pass();
    await clock.advance(1_000);
    expect(of('method.handled')).toMatchObject([{ outcome: 'lost' }]);
  });

  test('and lost on purpose is told as silent, and does not keep the device from anything', async () => {
    const { held, clock, of } = await heldCalls();
    held[0]?.lose();
    await clock.advance(1_000);
    expect(of('method.handled')).toMatchObject([{ outcome: 'silent', touches }]);
  });
});

describe('a skewed clock', () => {
  const minutes = 60_000;

  test('makes tokens expire sooner: cut by the hub then, the device names the fault, and not for an earlier end', async () => {
    const { online, add, clock, broker, of } = theDevice();
    add({ kind: 'link.skewed-clock', by: -50 * minutes });
    await online();
    const { se } = parseToken(String(broker.last.connect?.password)) ?? {};
    expect(Math.round(((se ?? 0) * 1_000 - clock.now()) / minutes)).toBe(10);
    broker.last.stream.end();
    await clock.advance(1_000);
    await clock.advance(11 * minutes);
    broker.last.stream.end();
    await clock.advance(100);
    const ends = of('link.changed').filter(({ state, detail }) => state === 'waiting' && detail !== undefined);
    expect(ends.map(({ faults }) => faults)).toEqual([undefined, [theFault]]);
  });

  test('two of them add up', async () => {
    const { online, add, broker, clock } = theDevice();
    add({ kind: 'link.skewed-clock', by: 30 * minutes });
    add({ kind: 'link.skewed-clock', by: -60 * minutes }, {}, 'other');
    await online();
    const { se } = parseToken(String(broker.last.connect?.password)) ?? {};
    expect(Math.round(((se ?? 0) * 1_000 - clock.now()) / minutes)).toBe(30);
  });
});

test('an expired token is felt at the renewal over AMQP, which the hub refuses', async () => {
  const hub = new TinyAmqpHub();
  const { online, add, clock, lift, device, of, story } = theDevice({
    ...{ protocol: 'amqp', dial: hub.dial, tokenLifetimeSeconds: 100 },
  });
  hub.tokenStatus = () => {
    const { se = 0 } = parseToken(hub.tokens.at(-1)?.token ?? '') ?? {};
    return se * 1_000 > clock.now() ? { status: 200, description: 'OK' } : { status: 401, description: 'expired' };
  };
  const arrives = async () => {
    for (let turn = 0; turn < 30; turn++) await clock.advance(0);
  };
  await online();
  await arrives();
  expect(device.state).toBe('online');
  add({ kind: 'link.expired-token' });
  await clock.advance(85_000);
  await arrives();
  expect(of('link.changed').at(-1)).toMatchObject({ detail: 'refused: expired (401)', faults: [theFault] });
  lift();
  await clock.advance(500);
  await arrives();
  expect(story().at(-1)).toMatch(/ online$/);
});
