// A window's session: what it asks is parsed and answered, what it watches is sent when it changed, and it leaves nothing behind.
import { describe, expect, test } from 'vitest';
import { displayRate, mostSubscriptions, openSession } from '../../../main/commands/session.ts';
import type { ToWindow } from '../../../preload/contract/messages.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';
import { fakeLab } from '../support/fake-lab.ts';

function aSession() {
  const lab = fakeLab();
  const clock = new VirtualClock();
  const sent: ToWindow[] = [];
  const kept: number[] = [];
  const line = { congested: false };
  const session = openSession(
    { lab, behaviours: '/nowhere', keep: () => void kept.push(lab.fleets().length) },
    {
      send: (message) => void sent.push(message),
      get congested() {
        return line.congested;
      },
    },
    clock,
  );
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  return { lab, clock, sent, kept, line, session, settled };
}
const command = (id: number, name: string, input: unknown = {}) => ({ kind: 'command', id, name, input });
const subscribe = (id: number, name: string, input: unknown = {}) => ({ kind: 'subscribe', id, name, input });

describe('commands', () => {
  test('a command reaches the lab with its defaults filled in, and is answered under its id', async () => {
    const { session, sent, settled } = aSession();
    session.receive(command(7, 'run.start', { target: { kind: 'all' }, method: 'reboot', payload: '' }));
    await settled();
    expect(sent).toEqual([{ kind: 'answer', id: 7, value: { run: 'run of reboot' } }]);
  });

  test('every problem of an input is named, with its allowed range', async () => {
    const { session, sent, settled } = aSession();
    const input = { target: { kind: 'all' }, method: 'a b', payload: '{', responseTimeout: 4, connectTimeout: 301 };
    session.receive(command(1, 'run.start', input));
    await settled();
    const [message] = sent;
    expect(message).toMatchObject({ kind: 'error', id: 1, error: { code: 'input.invalid' } });
    const text = message?.kind === 'error' ? message.error.message : '';
    for (const part of [
      'method: 1 to 100',
      'payload: not valid JSON',
      'responseTimeout: 5 to 300 s',
      'connectTimeout: 0 to 300 s',
    ]) {
      expect(text).toContain(part);
    }
  });

  test('a name that is not in the contract does not exist, not even one that every object has', async () => {
    const { session, sent, settled } = aSession();
    session.receive(command(1, 'fleet.destroy'));
    session.receive(command(2, 'constructor'));
    session.receive(subscribe(3, 'toString'));
    await settled();
    expect(sent.map((message) => message.kind === 'error' && [message.id, message.error.code]).sort()).toEqual([
      [1, 'command.unknown'],
      [2, 'command.unknown'],
      [3, 'command.unknown'],
    ]);
  });

  test('what the lab refuses comes back with its code', async () => {
    const { session, sent, settled } = aSession();
    session.receive(command(1, 'fleet.remove', { fleet: 'nobody' }));
    await settled();
    expect(sent).toEqual([
      { kind: 'error', id: 1, error: { code: 'fleet.unknown', message: "there is no fleet 'nobody'" } },
    ]);
  });

  test('the demo adds its fleet and both faults, once, and is kept', async () => {
    const { session, lab, kept, settled } = aSession();
    session.receive(command(1, 'fleet.demo'));
    await settled();
    session.receive(command(2, 'fleet.demo'));
    await settled();
    expect(lab.calls).toEqual(['addFault slow', 'addFault silent', 'addFleet demo']);
    expect(lab.fleets()[0]).toMatchObject({ count: 100, behaviour: { kind: 'reboot' } });
    expect(lab.faults().map(({ settings, on }) => [settings.kind, on.share])).toEqual([
      ['reply.delay', 0.07],
      ['reply.never', 0.02],
    ]);
    expect(kept).toEqual([1, 1]);
  });
});

describe('messages that make no sense', async () => {
  test.each([null, 'text', 5, {}, { kind: 'command' }, { kind: 'shutdown', name: 'x' }, []])(
    '%j is dropped',
    async (message) => {
      const { session, sent, settled } = aSession();
      session.receive(message);
      await settled();
      expect(sent).toEqual([]);
    },
  );

  test('one with an id is answered with what was wrong', () => {
    const { session, sent } = aSession();
    session.receive({ kind: 'command', id: 4, name: 5, input: {} });
    expect(sent).toMatchObject([{ kind: 'error', id: 4, error: { code: 'input.invalid' } }]);
  });
});

describe('subscriptions', () => {
  test('a view is sent at once, then only when it changed', async () => {
    const { session, lab, clock, sent } = aSession();
    session.receive(subscribe(1, 'totals'));
    await clock.advance(displayRate * 3);
    lab.shown = { calls: 5 };
    await clock.advance(displayRate * 3);
    expect(sent).toEqual([
      { kind: 'snapshot', id: 1, value: { calls: 0 } },
      { kind: 'snapshot', id: 1, value: { calls: 5 } },
    ]);
  });

  test('a command shows its effect without waiting for the next look', async () => {
    const { session, lab, sent, settled } = aSession();
    session.receive(subscribe(1, 'totals'));
    lab.shown = { calls: 9 };
    session.receive(command(2, 'traffic.clear'));
    await settled();
    expect(sent.slice(1)).toEqual([
      { kind: 'answer', id: 2, value: null },
      { kind: 'snapshot', id: 1, value: { calls: 9 } },
    ]);
  });

  test('while the window is slow, snapshots are left out rather than queued', async () => {
    const { session, lab, clock, sent, line } = aSession();
    session.receive(subscribe(1, 'totals'));
    line.congested = true;
    for (let calls = 1; calls <= 10; calls++) {
      lab.shown = { calls };
      await clock.advance(displayRate);
    }
    line.congested = false;
    await clock.advance(displayRate);
    expect(sent.slice(1)).toEqual([{ kind: 'snapshot', id: 1, value: { calls: 10 } }]);
  });

  test('after unsubscribing, and after closing, nothing is sent and no timer is left', async () => {
    const { session, lab, clock, sent } = aSession();
    session.receive(subscribe(1, 'totals'));
    session.receive({ kind: 'unsubscribe', id: 1 });
    expect(clock.pending).toBe(0);
    session.receive(subscribe(2, 'totals'));
    session.close();
    expect(clock.pending).toBe(0);
    lab.shown = { calls: 1 };
    await clock.advance(displayRate * 4);
    session.receive(subscribe(3, 'totals'));
    expect(sent).toHaveLength(2);
  });

  test('a view that fails is answered with one error and not looked at again', async () => {
    const { session, clock, sent } = aSession();
    session.receive(subscribe(1, 'run', { run: 'gone' }));
    await clock.advance(displayRate * 4);
    expect(sent).toEqual([{ kind: 'error', id: 1, error: { code: 'run.unknown', message: "there is no run 'gone'" } }]);
    expect(clock.pending).toBe(0);
  });

  test('a window may watch 32 views, and changing one of them is no further one', () => {
    const { session, sent } = aSession();
    for (let id = 1; id <= mostSubscriptions; id++) session.receive(subscribe(id, 'totals'));
    session.receive(subscribe(mostSubscriptions, 'fleet'));
    expect(sent.filter((message) => message.kind === 'error')).toEqual([]);
    session.receive(subscribe(99, 'totals'));
    expect(sent.at(-1)).toMatchObject({ kind: 'error', id: 99, error: { code: 'input.invalid' } });
  });
});
