// POST /twins/{id}/methods, the busiest path of the hub: straight from node:http to the methods and back, one write an answer.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { deviceId } from '../../../vocabulary/ids.ts';
import { Refusal, refuse } from '../../../vocabulary/service-errors.ts';
import { kilobytes } from '../../../vocabulary/units.ts';
import type { Access, Permission } from '../../access/access.ts';
import { failed } from '../../failed.ts';
import { readMethodRequest } from '../../methods/method-request.ts';
import type { Methods } from '../../methods/methods.ts';
import type { Throttling } from '../../throttling/throttling.ts';
import type { Answers } from './answers.ts';
import { slashedName } from './route.ts';

/** A payload of 128 KB in its longest spelling stays below; what is larger is not read. */
export const largestCall = kilobytes(512);

const before = '/twins/';
const after = '/methods';
const modules = '/modules/';

export interface MethodCallTools {
  readonly access: Access;
  readonly methods: Methods;
  readonly answers: Answers;
  readonly throttling: Throttling;
  /** A request that made no sense, or was never finished. */
  readonly odd: (request: IncomingMessage, detail: string) => void;
}

/** Gives false for a request that is not a method call; it is then untouched. */
export function methodCalls({ access, methods, answers, throttling, odd }: MethodCallTools) {
  function invoke(id: string, body: Buffer, response: ServerResponse): void {
    // The payload is measured apart only while a tier's limits are on: off, a call costs one branch.
    if (throttling.throttle.tier !== 'off') {
      const refusal = throttling.take('methods', readMethodRequest(body).payload.length, deviceId(id));
      if (refusal !== undefined) {
        answers.refusal(response, refusal, 'nested');
        return;
      }
    }
    methods.invoke(deviceId(id), body).then(
      (outcome) => {
        if (outcome instanceof Refusal) return answers.refusal(response, outcome, 'nested');
        const { status, payload } = outcome;
        // The device's bytes as they came, JSON or not (reference 5.3); null where it sent none.
        const text = payload.length === 0 ? 'null' : payload.toString('latin1');
        answers.bytes(response, 200, `{"status":${status},"payload":${text}}`);
      },
      (error: unknown) => answers.refusal(response, failed(error), 'nested'),
    );
  }

  return (request: IncomingMessage, response: ServerResponse): boolean => {
    if (request.method !== 'POST') return false;
    const id = deviceOf(request.url ?? '');
    if (id === undefined) return false;
    if (id instanceof Refusal) {
      answers.refusal(response, id, 'nested');
      return true;
    }
    const path = `twins/${id.includes('/') ? id.replace('/', modules) : id}/methods`;
    const grant = access.checkService(request.headers.authorization, invokePermission, path, 'POST');
    if (grant instanceof Promise) request.pause();
    else if (grant instanceof Refusal) {
      answers.refusal(response, grant, 'nested');
      return true;
    }
    let first: Buffer | undefined;
    let chunks: Buffer[] | undefined;
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > largestCall) {
        if (size - chunk.length <= largestCall) tooLarge();
        first = undefined;
        chunks = undefined;
      } else if (first === undefined) first = chunk;
      else {
        chunks ??= [first];
        chunks.push(chunk);
      }
    });
    request.on('end', () => {
      if (size > largestCall) return;
      invoke(id, chunks === undefined ? (first ?? nothing) : Buffer.concat(chunks, size), response);
    });
    if (grant instanceof Promise) {
      // An Entra token met for the first time: its issuer's keys may have to be fetched before the body is read.
      void grant.catch(failed).then((granted) => {
        if (granted instanceof Refusal) {
          request.removeAllListeners('data').removeAllListeners('end');
          answers.refusal(response, granted, 'nested');
        }
        request.resume();
      });
    }
    request.on('error', () => odd(request, `the caller left ${size} bytes into the body of a method call`));
    return true;

    function tooLarge(): void {
      odd(request, `the body of a method call is larger than ${largestCall} bytes`);
      const text = `The request body is larger than ${largestCall} bytes; a payload may have 131072.`;
      answers.refusal(response, refuse('MessageTooLarge', text), 'nested');
    }
  };
}

const nothing = Buffer.alloc(0);
const invokePermission: Permission = { right: 'ServiceConnect', action: 'directMethods/invoke/action' };

/**
 * The identity a method call is for, `device/module` for a module; undefined when the path is another's or its escapes make no sense. An escaped
 * slash must not make a module of a device.
 */
function deviceOf(url: string): string | Refusal | undefined {
  if (!url.startsWith(before)) return undefined;
  const question = url.indexOf('?');
  let end = question === -1 ? url.length : question;
  if (url.charCodeAt(end - 1) === 0x2f) end -= 1;
  const idEnd = end - after.length;
  if (idEnd <= before.length || !url.startsWith(after, idEnd)) return undefined;
  const id = url.slice(before.length, idEnd);
  const slash = id.indexOf('/');
  try {
    if (slash === -1) return id.includes('%') ? named(decodeURIComponent(id)) : id;
    if (!id.startsWith(modules, slash)) return undefined;
    const module = id.slice(slash + modules.length);
    if (slash === 0 || module === '' || module.includes('/')) return undefined;
    const [owner, own] = [named(decodeURIComponent(id.slice(0, slash))), named(decodeURIComponent(module))];
    if (owner instanceof Refusal) return owner;
    return own instanceof Refusal ? own : `${owner}/${own}`;
  } catch {
    return undefined;
  }
}

const named = (decoded: string): string | Refusal => (decoded.includes('/') ? slashedName(decoded) : decoded);
