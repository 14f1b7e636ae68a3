// `hubfleet send` in memory: the message it makes of its flags, where it connects, and what it says of the outcome.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { announceHub } from '../../../main/workspace/running-hubs.ts';
import type { Feedback, MessageClient, OutgoingMessage } from '../../../simulators/invoker/messages.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';
import { status } from '../support/fake-lab.ts';
import { aTerminal, remote } from './a-terminal.ts';

const at = ['--hub', remote];
const madeUp = '01'.repeat(16);

function sending(change: Partial<MessageClient> = {}, clock = new VirtualClock()) {
  const sent: { id: string; message: OutgoingMessage }[] = [];
  const messages: Partial<MessageClient> = {
    async send(id, message) {
      sent.push({ id, message });
      return {};
    },
    ...change,
  };
  return { ...aTerminal({}, {}, { clock }, messages), sent, clock };
}

describe('hubfleet send', () => {
  test('sends a text to a device or a module and says so', async () => {
    const { run, out, sent, stopped } = sending();
    expect(await run('send', 'd/m', 'hello', ...at)).toBe(0);
    expect(sent).toEqual([{ id: 'd/m', message: { body: Buffer.from('hello'), messageId: madeUp } }]);
    expect(out).toEqual([`sent ${madeUp} to d/m, 5 bytes`]);
    expect(stopped).toEqual(['messages']);
  });

  test('makes a message of every flag', async () => {
    const { run, out, sent, clock } = sending();
    const flags = ['--body', '{ "a": 1 }', '--property', 'x=1', '--property', 'y=a=b', '--ack', 'full'];
    expect(await run('send', 'd', ...flags, '--expiry', '60', '--message-id', 'm-1', '--json', ...at)).toBe(0);
    expect(sent[0]?.message).toEqual({
      body: Buffer.from('{ "a": 1 }'),
      messageId: 'm-1',
      contentType: 'application/json',
      contentEncoding: 'utf-8',
      ack: 'full',
      expiresAt: clock.now() + 60_000,
      properties: { x: '1', y: 'a=b' },
    });
    expect(out).toEqual(['{"to":"d","messageId":"m-1","sent":true}']);
  });

  test('sends a file byte for byte', async () => {
    const { run, sent, dataDir } = sending();
    writeFileSync(join(dataDir, 'body.bin'), Buffer.from([0, 255, 10]));
    expect(await run('send', 'd', '--file', 'body.bin', ...at)).toBe(0);
    expect(sent[0]?.message.body).toEqual(Buffer.from([0, 255, 10]));
  });

  test('what the hub does not take ends with 1 and its words', async () => {
    const problem = { name: 'DeviceNotFound', number: 404_001, message: 'Not registered.' };
    const { run, out, err } = sending({ send: async () => ({ problem }) });
    expect(await run('send', 'd', 'x', '--json', ...at)).toBe(1);
    expect(JSON.parse(out[0] ?? '')).toMatchObject({ sent: false, error: problem });
    expect(err[0]).toContain('the hub did not take the message for d: 404001 DeviceNotFound: Not registered.');
  });

  test('--wait ends with the feedback on its own message', async () => {
    const order: string[] = [];
    let tell: (feedback: readonly Feedback[]) => void = () => {};
    const { run, out, clock } = sending({
      async receiveFeedback(take) {
        order.push('feedback');
        tell = take;
      },
      async send(_id, { ack }) {
        order.push(`send with ack ${ack}`);
        const record = { originalMessageId: 'another', statusCode: 'Rejected', deviceId: 'e' };
        tell([record, { ...record, originalMessageId: madeUp, statusCode: 'Success', description: 'Done' }]);
        return {};
      },
    });
    expect(await run('send', 'd', 'x', '--wait', '20', ...at)).toBe(0);
    expect(order).toEqual(['feedback', 'send with ack full']);
    expect(out[1]).toBe('Success: Done');
    expect(clock.pending).toBe(0);
  });

  test('--wait in vain ends with 1', async () => {
    const { run, err, clock } = sending();
    const ended = run('send', 'd', 'x', '--wait', '20', ...at);
    await clock.advance(20_000);
    expect(await ended).toBe(1);
    expect(err[0]).toContain('within 20 s');
  });

  test.each([
    [['send', 'd', 'x', '--body', '{}'], 'give one body'],
    [['send', 'd', '--body', '{'], 'Expected JSON'],
    [['send', 'd', '--property', 'x'], 'Expected name=value.'],
    [['send', 'd', '--ack', 'some'], 'Allowed choices are none, positive, negative, full.'],
    [['send', 'd', '--expiry', '172801'], "'172801' is invalid"],
    [['send', 'd', '--file', 'nowhere'], 'nowhere cannot be read'],
    [['send', 'a b', 'x'], "'a b' is invalid"],
  ])('%j ends with 2', async (args, sentence) => {
    const { run, err, sent } = sending();
    expect(await run(...args, ...at)).toBe(2);
    expect(err.join('\n')).toContain(sentence);
    expect(sent).toEqual([]);
  });
});

describe('where it connects', () => {
  const amqps = { host: '127.0.0.1', port: 50_671 };
  const amqp = { host: '127.0.0.1', port: 50_672 };
  const announced = (doors: object, dataDir: string) =>
    announceHub({ ...status, doors: { ...doors } }, { dataDir, usualDataDir: dataDir, process: process.pid });

  test('to the AMQPS door of the local hub that runs', async () => {
    const { run, connected, dataDir } = sending();
    announced({ ...status.doors, amqps, amqp }, dataDir);
    expect(await run('send', 'd', 'x')).toBe(0);
    expect(connected).toMatchObject([{ address: { ...amqps, tls: true }, ca: status.ca.pem }]);
  });

  test('else to its plain door', async () => {
    const { run, connected, dataDir } = sending();
    announced({ ...status.doors, amqps: undefined, amqp }, dataDir);
    expect(await run('send', 'd', 'x')).toBe(0);
    expect(connected).toMatchObject([{ address: { ...amqp, tls: false } }]);
  });

  test('a local hub without one is said', async () => {
    const { run, err, dataDir } = sending();
    announced({ ...status.doors, amqps: undefined, amqp: undefined }, dataDir);
    expect(await run('send', 'd', 'x')).toBe(3);
    expect(err[0]).toContain('has no AMQP door');
  });

  test('a remote hub on its usual port, or the one that is named', async () => {
    const { run, connected } = sending();
    await run('send', 'd', 'x', ...at);
    await run('send', 'd', 'x', ...at, '--port', '5000');
    expect(connected[0]?.address).toBeUndefined();
    expect(connected[1]?.address).toEqual({ host: 'far.example.net', port: 5_000, tls: true });
  });
});
