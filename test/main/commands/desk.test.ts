// Queries, jobs, messages and the tier as a window asks for them: parsed with their ranges, handed to the lab's desk, refused by field.
import { describe, expect, test } from 'vitest';
import { openSession } from '../../../main/commands/session.ts';
import type { ToWindow } from '../../../preload/contract/messages.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';
import { fakeLab } from '../support/fake-lab.ts';

async function asked(name: string, input: unknown) {
  const lab = fakeLab();
  const sent: ToWindow[] = [];
  const peer = { congested: false, send: (message: ToWindow) => void sent.push(message) };
  const session = openSession({ lab, behaviours: '/nowhere', keep: () => {} }, peer, new VirtualClock());
  session.receive({ kind: 'command', id: 1, name, input });
  await new Promise(setImmediate);
  session.close();
  const [first] = sent;
  return {
    calls: lab.calls,
    value: first?.kind === 'answer' ? first.value : undefined,
    error: first?.kind === 'error' ? first.error : undefined,
  };
}

test('a query goes to the hub it names, and to the local one when it names none', async () => {
  const text = 'SELECT * FROM devices';
  expect((await asked('query.run', { text })).value).toMatchObject({ rows: [{ asked: text, of: 'local' }] });
  expect((await asked('query.run', { text, hub: 'theirs.example' })).value).toMatchObject({
    rows: [{ of: 'theirs.example' }],
  });
});

test('a job gets an id and its defaults, a message is counted, a tier is set', async () => {
  const method = { kind: 'method', method: { method: 'reboot', payload: '' } };
  expect((await asked('job.create', { action: method, condition: '*' })).value).toEqual({ job: 'made-up' });
  expect((await asked('message.send', { devices: ['a', 'b/module'], body: 'x' })).value).toMatchObject({ sent: 2 });
  expect((await asked('hub.throttle', { throttle: { tier: 'S1', units: 2 } })).calls).toEqual(['setThrottle S1']);
  expect((await asked('job.cancel', { job: 'j' })).calls).toEqual(['cancelJob j']);
});

describe('is refused by field:', () => {
  const devices = ['a'];
  const twin = (value: unknown) => ({ action: { kind: 'twin', twin: value }, condition: '*' });
  test.each([
    ['query.run', { text: '' }, /query: is empty/],
    ['query.run', { text: 'SELECT * FROM devices', size: 1_001 }, /size: 1 to 1000/],
    ['job.create', twin({ properties: { reported: {} } }), /desired|reported/],
    ['job.create', { ...twin({ tags: {} }), maxSeconds: 0 }, /maxSeconds: 1 to 2147483647 s/],
    ['job.create', { ...twin({ tags: {} }), id: 'with space' }, /id: 1 to 128 characters/],
    ['message.send', { devices, body: 'x'.repeat(65_537) }, /body: at most 64 KB/],
    ['message.send', { devices, body: '', expirySeconds: 172_801 }, /expirySeconds: 1 to 172800 s/],
    ['message.send', { devices: ['not a device'], body: '' }, /devices\.0: expected a device/],
    ['message.send', { devices, body: '', properties: { '': 'x' } }, /properties: a name is empty/],
    ['hub.throttle', { throttle: { tier: 'S1', units: 201 } }, /units: 1 to 200/],
    ['hub.throttle', { throttle: { tier: 'S9', units: 1 } }, /tier/],
  ])('%s with %o', async (name, input, sentence) => {
    const { error, calls } = await asked(name, input);
    expect(error).toMatchObject({ code: 'input.invalid', message: expect.stringMatching(sentence) });
    expect(calls).toEqual([]);
  });
});
