// The command line in memory: what it said, what it opened, and what it was answered.
import { join } from 'node:path';
import type { CliHost, CliTools } from '../../../main/cli/host.ts';
import { runCli } from '../../../main/cli/run.ts';
import type { HubOptions } from '../../../simulators/hub/hub.ts';
import type { Invoker, InvokerOptions, ServiceAnswer } from '../../../simulators/invoker/invoker.ts';
import type { AmqpOptions, MessageClient } from '../../../simulators/invoker/messages.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';
import { fakeLab, status } from '../support/fake-lab.ts';
import { temporaryFolder } from '../support/temporary.ts';

export const remote = 'HostName=far.example.net;SharedAccessKeyName=service;SharedAccessKey=c2VydmljZQ==';
export const refused: ServiceAnswer = {
  status: 404,
  body: '',
  problem: {
    name: 'DeviceNotOnline',
    number: 404_103,
    message: 'Timed out',
    explanation: { cause: 'It is off.', fix: 'Start it.' },
  },
};

export function aTerminal(
  answers: Partial<Invoker> = {},
  changes: Partial<CliHost> = {},
  toolChanges: Partial<CliTools> = {},
  messages: Partial<MessageClient> = {},
) {
  const dataDir = temporaryFolder();
  const out: string[] = [];
  const err: string[] = [];
  const hubs: HubOptions[] = [];
  const stopped: string[] = [];
  const opened: InvokerOptions[] = [];
  const connected: AmqpOptions[] = [];
  let stop = () => {};
  const host: CliHost = {
    args: [],
    env: {},
    cwd: dataDir,
    dataDir,
    process: process.pid,
    platform: 'linux',
    isRoot: false,
    out: (text) => void out.push(text),
    err: (text) => void err.push(text),
    onStop(listener) {
      stop = listener;
      return () => {};
    },
    ...changes,
  };
  const tools: CliTools = {
    version: '1.2.3',
    clock: new VirtualClock(),
    randomBytes: (size) => Buffer.alloc(size, 1),
    newSeed: () => 42,
    newToken: () => 'a-token-of-the-test',
    async openHub(options) {
      hubs.push(options);
      const doors = options.listen.https === false ? {} : status.doors;
      return {
        status: { ...status, doors },
        serviceToken: (policy, lifetime) => `token of ${policy} for ${lifetime}`,
        counts: () => ({ devices: 0, connected: 0, inFlight: 0 }),
        setThrottle: () => {},
        grip: { throttle: () => () => {} },
        usage: () => ({ throttle: { tier: 'off' }, limits: [], today: { used: 0, limit: null } }),
        stop: async () => void stopped.push('hub'),
      };
    },
    async openInvoker(options) {
      opened.push(options);
      const never = () => Promise.reject(new Error('not asked for in this test'));
      const silent = { hostName: '127.0.0.1', close: async () => void stopped.push('invoker') } as unknown as Invoker;
      const known = (target: Invoker, name: string | symbol) =>
        Reflect.get(target, name) ?? (name === 'then' ? undefined : never);
      const all = new Proxy(silent, { get: known });
      return Object.assign(all, answers);
    },
    async openMessages(options) {
      connected.push(options);
      return {
        send: async () => ({}),
        receiveFeedback: async () => {},
        close: async () => void stopped.push('messages'),
        ...messages,
      };
    },
    openLab: async () => fakeLab(),
    workers: { hub: new URL('file:///hub'), fleet: new URL('file:///fleet') },
    window: join(dataDir, 'window'),
    desktop: { find: () => undefined, fetch: async () => 'no network', run: async () => 0 },
    openBrowser: async () => false,
    temporaryFolder: () => ({ path: temporaryFolder(), remove: () => void stopped.push('temporary folder') }),
    ...toolChanges,
  };
  return {
    dataDir,
    out,
    err,
    hubs,
    stopped,
    opened,
    connected,
    host,
    stop: () => stop(),
    run: (...args: string[]) => runCli({ ...host, args }, tools),
  };
}
