// The bridge gives the window two verbs, refuses kinds that are not in the contract, and never lets an IPC event through.
import { beforeEach, expect, test, vi } from 'vitest';
import type { BridgeApi } from '../../preload/contract/bridge-api.ts';
import type { ToHost } from '../../preload/contract/messages.ts';

type Heard = (event: unknown, message: unknown) => void;
const fake = vi.hoisted(() => ({
  exposed: new Map<string, unknown>(),
  sent: [] as unknown[][],
  listeners: new Map<string, Set<unknown>>(),
}));
vi.mock('electron', () => ({
  contextBridge: { exposeInMainWorld: (name: string, api: unknown) => fake.exposed.set(name, api) },
  ipcRenderer: {
    send: (...args: unknown[]) => fake.sent.push(args),
    on(channel: string, listener: unknown) {
      fake.listeners.set(channel, (fake.listeners.get(channel) ?? new Set()).add(listener));
    },
    removeListener: (channel: string, listener: unknown) => fake.listeners.get(channel)?.delete(listener),
  },
}));

let api: BridgeApi;
beforeEach(async () => {
  for (const part of [fake.exposed, fake.listeners]) part.clear();
  fake.sent.length = 0;
  vi.resetModules();
  await import('../../preload/bridge.ts');
  api = fake.exposed.get('hubfleet') as BridgeApi;
});
const arrive = (message: unknown) => {
  for (const listener of fake.listeners.get('hubfleet:to-window') ?? [])
    (listener as Heard)({ sender: 'secret' }, message);
};

test('the window finds two verbs under one name and nothing else', () => {
  expect([...fake.exposed.keys()]).toEqual(['hubfleet']);
  expect(Object.keys(api).sort()).toEqual(['listen', 'send']);
});

test('messages of the contract go out on one channel', () => {
  const message: ToHost = { kind: 'subscribe', id: 1, name: 'totals', input: {} };
  api.send(message);
  expect(fake.sent).toEqual([['hubfleet:to-host', message]]);
});

test.each([undefined, null, 'command', { kind: 'quit' }, { kind: 'answer' }, {}])('%j is not sent', (message) => {
  expect(() => api.send(message as unknown as ToHost)).toThrow('the host takes no message of kind');
  expect(fake.sent).toEqual([]);
});

test('a listener gets messages without the event they came in, until it is undone', () => {
  const heard: unknown[][] = [];
  const undo = api.listen((...args) => heard.push(args));
  arrive({ kind: 'answer', id: 1, value: null });
  arrive({ kind: 'command', id: 1 });
  arrive('text');
  undo();
  arrive({ kind: 'answer', id: 2, value: null });
  expect(heard).toEqual([[{ kind: 'answer', id: 1, value: null }]]);
  expect(fake.listeners.get('hubfleet:to-window')?.size).toBe(0);
});
