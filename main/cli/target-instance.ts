// Which running instance a command is for: the one at --control, else the one on --data-dir, else on the usual folder; and the way to it.
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type {
  CommandAnswer,
  CommandInput,
  CommandName,
  Snapshot,
  SubscriptionInput,
  SubscriptionName,
} from '../../preload/contract/contract.ts';
import { type ErrorReport, errorCodes, errorOf, LabError } from '../../simulators/vocabulary/errors.ts';
import { controlOfFolder, controlsOf } from '../workspace/control-access.ts';
import { reasonOf } from '../workspace/data-folder.ts';
import { hubOfFolder } from '../workspace/running-hubs.ts';
import type { CliHost } from './host.ts';

/** Holds the token of --control, where no file does. */
export const tokenVariable = 'HUBFLEET_CONTROL_TOKEN';

export interface InstanceFlags {
  readonly dataDir?: string;
  readonly control?: string;
  readonly tokenFile?: string;
  readonly json?: boolean;
}

/** An instance that runs. Both verbs throw what it answered as a LabError, and hub.unreachable (exit code 3) when nobody answers. */
export interface Instance {
  command<Name extends CommandName>(name: Name, input: CommandInput<Name>): Promise<CommandAnswer<Name>>;
  view<Name extends SubscriptionName>(name: Name, input: SubscriptionInput<Name>): Promise<Snapshot<Name>>;
}

export const withInstanceFlags = (command: Command): Command =>
  command
    .option('--data-dir <folder>', 'data folder of the instance that is meant; the usual one')
    .option('--control <url>', 'address of its control API instead, as its ready line names it')
    .option('--token-file <file>', `file that holds the token of --control; else ${tokenVariable}`)
    .option('--json', 'print one line of JSON');

const howToStart = 'Start one with `hubfleet start --headless`, or with a window: `hubfleet start`.';

/** Throws LabError hub.unreachable when none runs. */
export function instanceOf(flags: InstanceFlags, host: CliHost): Instance {
  const { url, token } = flags.control === undefined ? onFolder(flags, host) : at(flags.control, flags, host);
  const ask = async (path: string, input: unknown): Promise<unknown> => {
    const { answer, error } = await post(`${url}${path}`, token, input);
    if (error !== undefined) throw errorOf(error);
    return answer;
  };
  return {
    command: (name, input) => ask(`/command/${name}`, input) as never,
    view: (name, input) => ask(`/view/${name}`, input) as never,
  };
}

function onFolder(flags: InstanceFlags, host: CliHost): { url: string; token: string } {
  if (flags.tokenFile !== undefined) {
    throw new LabError('input.invalid', '--token-file: is the token of --control, which is missing');
  }
  const dataDir = flags.dataDir === undefined ? host.dataDir : resolve(host.cwd, flags.dataDir);
  const found = controlOfFolder(dataDir);
  if (found !== undefined) return found;
  const elsewhere = controlsOf(host.dataDir).map((one) => `--control ${one.url}`);
  throw new LabError(
    'hub.unreachable',
    hubOfFolder(dataDir) === undefined
      ? `no Hubfleet runs on ${dataDir}`
      : `a hub alone runs on ${dataDir}, which takes neither fleets nor faults`,
    elsewhere.length === 0 ? howToStart : `${howToStart} Running elsewhere: ${elsewhere.join(', ')}.`,
  );
}

function at(text: string, flags: InstanceFlags, host: CliHost): { url: string; token: string } {
  const url = text.replace(/\/$/, '');
  // The token goes to this machine or nowhere: in plain text over a network it would be no secret.
  if (!/^http:\/\/(127\.0\.0\.1|localhost):\d{1,5}$/.test(url)) {
    throw new LabError('input.invalid', '--control: expected an address such as http://127.0.0.1:40001');
  }
  const token =
    flags.tokenFile === undefined
      ? host.env[tokenVariable] || controlsOf(host.dataDir).find((one) => one.url === url)?.token
      : textOf('--token-file', flags.tokenFile, host).trim();
  if (token) return { url, token };
  throw new LabError(
    'input.invalid',
    `--control: the token of ${url} is not known`,
    `Put it into ${tokenVariable}, or into a file and name that with --token-file.`,
  );
}

/** The text of a file that a flag names. Throws LabError file.unreadable. */
export function textOf(flag: string, file: string, { cwd }: Pick<CliHost, 'cwd'>): string {
  try {
    return readFileSync(resolve(cwd, file), 'utf8');
  } catch (error) {
    throw new LabError('file.unreadable', `${flag}: ${file} cannot be read: ${reasonOf(error)}`, undefined, error);
  }
}

interface Said {
  readonly answer?: unknown;
  readonly error?: ErrorReport;
}

// Not fetch, which gives up on an answer after five minutes: a large fleet on a remote hub takes longer to register.
function post(url: string, token: string, input: unknown): Promise<Said> {
  return new Promise((resolvePost, reject) => {
    const unreachable = (why: string, cause?: unknown) =>
      reject(
        new LabError('hub.unreachable', `no Hubfleet answers at ${new URL(url).origin}: ${why}`, howToStart, cause),
      );
    const body = Buffer.from(JSON.stringify(input));
    const headers = {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'content-length': body.length,
    };
    const sent = request(url, { method: 'POST', headers, agent: false }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('error', (error) => unreachable(error.message, error));
      response.on('end', () => {
        const said = saidIn(Buffer.concat(parts).toString('utf8'));
        if (said === undefined) unreachable('what answers there is no Hubfleet');
        else resolvePost(said);
      });
    });
    sent.on('error', (error) => unreachable(error.message, error));
    sent.end(body);
  });
}

function saidIn(text: string): Said | undefined {
  try {
    const said = JSON.parse(text) as Said;
    if (said.error === undefined) return 'answer' in said ? said : undefined;
    return Object.hasOwn(errorCodes, said.error.code) ? said : undefined;
  } catch {
    return undefined;
  }
}
