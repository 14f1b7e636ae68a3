// The roster: device states and counts from facts alone.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Roster } from '../../../simulators/lab/roster.ts';
import type { LinkState } from '../../../simulators/vocabulary/facts.ts';
import { type DeviceId, deviceId, fleetName } from '../../../simulators/vocabulary/ids.ts';
import { fleetSpecSchema } from '../../../simulators/vocabulary/specs.ts';

const spec = fleetSpecSchema.parse({ name: 'demo', count: 3 });
const ids = ['a', 'b', 'c'].map(deviceId);

const identity = (id: DeviceId, index = 0) => ({ id, index, protocol: 'mqtt' }) as const;

function aRoster(): Roster {
  const roster = new Roster();
  roster.add(spec, ids.map(identity), 0);
  return roster;
}
const call = { method: 'reboot', responseTimeout: 1, connectTimeout: 0, request: { text: '', bytes: 0 } };

describe('a roster', () => {
  test('counts states so that they always add up to its devices', () => {
    const states: LinkState[] = ['off', 'waiting', 'connecting', 'online', 'dark', 'failed'];
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom(...ids, deviceId('stranger')), fc.constantFrom(...states)), {
          maxLength: 100,
        }),
        (moves) => {
          const roster = aRoster();
          moves.forEach(([device, state], at) => void roster.record({ type: 'link.changed', at, device, state }));
          expect(Object.values(roster.states).reduce((sum, count) => sum + count)).toBe(3);
          expect(roster.online(spec.name)).toBe(roster.states.online);
          for (const state of states) {
            expect(roster.states[state]).toBe([...roster.all()].filter((entry) => entry.state === state).length);
          }
          roster.remove(spec.name);
          expect(Object.values(roster.states).every((count) => count === 0)).toBe(true);
        },
      ),
    );
  });

  test('keeps HTTP status and device status of the last method apart', () => {
    const roster = aRoster();
    roster.record({ type: 'invocation.begun', at: 5, device: deviceId('a'), call: 1, ...call });
    expect(roster.get(deviceId('a'))).toMatchObject({ inFlight: 1, calls: 0 });
    roster.record({
      type: 'invocation.ended',
      at: 15,
      begunAt: 5,
      device: deviceId('a'),
      call: 1,
      httpStatus: 200,
      deviceStatus: 404,
      ...call,
    });
    expect(roster.get(deviceId('a'))).toMatchObject({
      inFlight: 0,
      calls: 1,
      failures: 0,
      lastMethod: { name: 'reboot', httpStatus: 200, deviceStatus: 404 },
    });
    expect(roster.get(deviceId('a'))?.p95()).toBe(10);
  });

  test('does not count a call in flight whose beginning crossed as its end', () => {
    const roster = aRoster();
    roster.record({
      type: 'invocation.ended',
      at: 15,
      begunAt: 5,
      device: deviceId('a'),
      call: 1,
      httpStatus: 504,
      ...call,
    });
    expect(roster.get(deviceId('a'))).toMatchObject({ inFlight: 0, calls: 1, failures: 1 });
    expect(roster.inFlight).toBe(0);
  });

  test('takes p95 from the last 64 answered calls', () => {
    const roster = aRoster();
    for (let number = 1; number <= 200; number++) {
      roster.record({
        type: 'invocation.ended',
        at: number,
        begunAt: 0,
        device: deviceId('b'),
        call: number,
        httpStatus: 200,
        ...call,
      });
    }
    expect(roster.get(deviceId('b'))?.p95()).toBe(197);
  });

  test('forgets a fleet whole', () => {
    const roster = aRoster();
    roster.add({ ...spec, name: fleetName('other') }, [identity(deviceId('x'))], 0);
    roster.remove(spec.name);
    expect([...roster.ids()]).toEqual(['x']);
  });
});
