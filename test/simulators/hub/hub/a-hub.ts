// A whole hub on free ports of 127.0.0.1, with the facts it reported, and a caller of its service API; stopped when the test is over.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Pool } from 'undici';
import { onTestFinished } from 'vitest';
import { systemClock } from '../../../../simulators/clock/system.ts';
import { type Hub, type HubOptions, openHub } from '../../../../simulators/hub/hub.ts';
import type { HubFact } from '../../../../simulators/vocabulary/facts.ts';

export const allShut = {
  host: '127.0.0.1',
  https: false,
  http: false,
  mqtts: false,
  mqtt: false,
  amqps: false,
  amqp: false,
} as const;

export function hubOptions(facts: HubFact[], change: Partial<HubOptions> = {}): HubOptions {
  return {
    clock: systemClock(),
    randomBytes,
    emit: (fact) => facts.push(fact),
    folder: undefined,
    hostName: 'hub.localhost',
    listen: { ...allShut, http: 0 },
    ...change,
  };
}

export function aFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'hubfleet-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export interface Answer {
  readonly status: number;
  readonly headers: Record<string, string | undefined>;
  readonly text: string;
  /** The parsed body. */
  readonly body: never;
  /** `{name, number, message}` of an error answer, in either form. */
  readonly error: { readonly name: string | undefined; readonly number?: number; readonly message: string };
}

export interface Asking {
  readonly policy?: string | null;
  readonly headers?: Record<string, string>;
  /** Sent as JSON, or as it is when text or bytes. */
  readonly body?: unknown;
}

export async function aHub(change: Partial<HubOptions> = {}) {
  const facts: HubFact[] = [];
  const hub = await openHub(hubOptions(facts, change));
  const ask = asker(hub);
  onTestFinished(async () => {
    await ask.close();
    await hub.stop();
  });
  return {
    hub,
    facts,
    ask: ask.send,
    create: (id: string, body: object = {}) =>
      ask.send('PUT', `/devices/${encodeURIComponent(id)}`, { body: { deviceId: id, ...body } }),
  };
}

export function asker(hub: Hub) {
  const { http } = hub.status.doors;
  if (http === undefined) throw new Error('the plain http door is shut');
  const pool = new Pool(`http://${http.host}:${http.port}`, { connections: 8 });
  const send = async (method: string, path: string, { policy = 'iothubowner', headers, body }: Asking = {}) => {
    const answer = await pool.request({
      method: method as 'GET',
      path,
      headers: {
        ...(policy === null ? {} : { authorization: hub.serviceToken(policy, 3_600) }),
        'content-type': 'application/json; charset=utf-8',
        ...headers,
      },
      ...(body === undefined
        ? {}
        : { body: typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body) }),
    });
    return read(answer.statusCode, answer.headers, await answer.body.text());
  };
  return { send, close: () => pool.destroy() };
}

function read(status: number, headers: Record<string, unknown>, text: string): Answer {
  const parsed = text === '' ? undefined : (JSON.parse(text) as { Message?: string });
  const message = typeof parsed?.Message === 'string' ? parsed.Message : '';
  const nested = message.startsWith('{') ? (JSON.parse(message) as { errorCode: number; message: string }) : undefined;
  return {
    status,
    headers: headers as Record<string, string | undefined>,
    text,
    body: parsed as never,
    error: {
      name: headers['iothub-errorcode'] as string | undefined,
      ...(nested === undefined ? {} : { number: nested.errorCode }),
      message: nested?.message ?? message,
    },
  };
}
