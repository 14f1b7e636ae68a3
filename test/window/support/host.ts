// A host of one's own for a window's tests: the built command line on free ports, keeping nothing, stopped when the tests are done.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { test as base, expect, type Page } from '@playwright/test';
import { WebSocket } from 'ws';
import type {
  CommandAnswer,
  CommandInput,
  CommandName,
  Snapshot,
  SubscriptionInput,
  SubscriptionName,
} from '../../../preload/contract/contract.ts';
import type { ToWindow } from '../../../preload/contract/messages.ts';

const cli = fileURLToPath(new URL('../../../dist/main/cli.mjs', import.meta.url));

export interface Host extends AsyncDisposable {
  /** Opens the window and is good once: the token in it becomes a cookie. */
  readonly url: string;
  /** Asks the host what a window would ask, from outside any window. */
  readonly contract: Contract;
}
export interface Contract {
  run<Name extends CommandName>(name: Name, input: CommandInput<Name>): Promise<CommandAnswer<Name>>;
  /** The first snapshot. */
  look<Name extends SubscriptionName>(name: Name, input: SubscriptionInput<Name>): Promise<Snapshot<Name>>;
}

export async function startHost(...flags: readonly string[]): Promise<Host> {
  if (!existsSync(cli)) throw new Error(`${cli} is missing: build first (npm run build)`);
  const child = spawn(
    process.execPath,
    [
      cli,
      ...['start', '--no-open', '--json', '--ephemeral', '--host', 'browser', '--seed', '7'],
      ...['--https-port', '0', '--mqtts-port', '0', '--mqtt-port', '0', '--amqps-port', '0'],
      ...flags,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const { url } = JSON.parse(await firstLine(child)) as { url: string };
  const contract = await openContract(new URL(url));
  return {
    url,
    contract,
    async [Symbol.asyncDispose]() {
      contract.close();
      const ended = new Promise((resolve) => child.once('close', resolve));
      child.kill('SIGTERM');
      const late = setTimeout(() => child.kill('SIGKILL'), 10_000);
      await ended;
      clearTimeout(late);
    },
  };
}

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let out = '';
    let err = '';
    child.stderr?.on('data', (chunk) => {
      err += String(chunk);
    });
    child.stdout?.on('data', (chunk) => {
      out += String(chunk);
      const end = out.indexOf('\n');
      if (end >= 0) resolve(out.slice(0, end));
    });
    child.once('close', (code) => reject(new Error(`the host ended with ${code} and said: ${err}${out}`)));
  });
}

async function openContract(url: URL): Promise<Contract & { close(): void }> {
  const socket = new WebSocket(`ws://${url.host}/contract`, {
    headers: { authorization: `Bearer ${url.searchParams.get('token')}` },
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  let next = 1;
  const waiting = new Map<number, (message: ToWindow) => void>();
  socket.on('message', (data) => {
    const message = JSON.parse(String(data)) as ToWindow;
    waiting.get(message.id)?.(message);
  });
  const ask = (kind: 'command' | 'subscribe', name: string, input: unknown) =>
    new Promise<unknown>((resolve, reject) => {
      const id = next++;
      waiting.set(id, (message) => {
        waiting.delete(id);
        if (kind === 'subscribe') socket.send(JSON.stringify({ kind: 'unsubscribe', id }));
        if (message.kind === 'error') reject(new Error(message.error.message));
        else resolve(message.value);
      });
      socket.send(JSON.stringify({ kind, id, name, input }));
    });
  return {
    run: <Name extends CommandName>(name: Name, input: CommandInput<Name>) =>
      ask('command', name, input) as Promise<CommandAnswer<Name>>,
    look: <Name extends SubscriptionName>(name: Name, input: SubscriptionInput<Name>) =>
      ask('subscribe', name, input) as Promise<Snapshot<Name>>,
    close: () => socket.close(),
  };
}

/** Waits until every device of the host is connected. */
export async function allOnline(host: Host): Promise<void> {
  await expect
    .poll(async () => {
      const { devices } = await host.contract.look('totals', {});
      return devices.total > 0 && devices.online === devices.total;
    })
    .toBe(true);
}

interface Fixtures {
  /** The window, open on the demo fleet with every device online. Anything said on its console fails the test. */
  readonly open: Page;
  /** A host with no device and no fault, for a test that makes its own. */
  readonly empty: Host;
}
/** Starting a host takes seconds: the tests of a worker share them. */
interface WorkerFixtures {
  readonly host: Host;
  readonly emptied: Host;
}

export const test = base.extend<Fixtures, WorkerFixtures>({
  host: [
    // biome-ignore lint/correctness/noEmptyPattern: the runner reads the names of fixtures from this pattern
    async ({}, use) => {
      await using host = await startHost('--demo');
      await use(host);
    },
    { scope: 'worker' },
  ],
  emptied: [
    // biome-ignore lint/correctness/noEmptyPattern: the runner reads the names of fixtures from this pattern
    async ({}, use) => {
      await using host = await startHost();
      await use(host);
    },
    { scope: 'worker' },
  ],
  empty: async ({ emptied }, use) => {
    await use(emptied);
    const { fleets } = await emptied.contract.look('totals', {});
    for (const { name } of fleets) await emptied.contract.run('fleet.remove', { fleet: name });
    await emptied.contract.run('fault.liftAll', {});
    await emptied.contract.run('traffic.clear', {});
  },
  open: async ({ page, host }, use) => {
    const complaints = listenForComplaints(page);
    await allOnline(host);
    await page.goto(host.url);
    await expect(page.getByRole('grid', { name: 'Devices' })).toBeVisible();
    await use(page);
    expect(complaints).toEqual([]);
  },
});

/** Errors on the page, and whatever the content policy refused. */
export function listenForComplaints(page: Page): readonly string[] {
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  return complaints;
}

export { expect };
