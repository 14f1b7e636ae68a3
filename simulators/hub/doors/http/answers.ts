// What the HTTP door answers with: headers every answer carries and the two error bodies of the service (reference 4.1, 5.4).
import type { ServerResponse } from 'node:http';
import type { Clock } from '../../../clock/clock.ts';
import type { Refusal } from '../../../vocabulary/service-errors.ts';

/** `plain`: `ErrorCode:<Name>;<text>`, which the registry and every 401 use; `nested`: JSON inside a string, for all others. */
export type ErrorForm = 'plain' | 'nested';

export interface Answers {
  /** Sends JSON text in one write. `extra` are names and values in turn. */
  json(response: ServerResponse, status: number, text: string, extra?: readonly string[]): void;
  /** As `json`, with text whose characters are bytes: a device's payload passes through unchanged. */
  bytes(response: ServerResponse, status: number, latin1: string): void;
  /** Bytes that are nobody's text: a message. */
  octets(response: ServerResponse, status: number, body: Buffer, extra: readonly string[]): void;
  nothing(response: ServerResponse): void;
  refusal(response: ServerResponse, refusal: Refusal, form: ErrorForm, extra?: readonly string[]): void;
  /** A whole answer as text, for a socket whose request could not even be read. */
  raw(status: string, refusal: Refusal): string;
}

export function openAnswers(clock: Clock, randomBytes: (count: number) => Buffer): Answers {
  // Unique in a run without drawing for each: a fixed beginning and a counter, in the shape of a GUID.
  const seed = randomBytes(10).toString('hex');
  const beginning = `${seed.slice(0, 8)}-${seed.slice(8, 12)}-4${seed.slice(12, 15)}-a${seed.slice(15, 18)}-`;
  let count = 0;
  const requestId = () => beginning + (++count).toString(16).padStart(12, '0');

  const head = (length: number, type = 'application/json; charset=utf-8'): string[] => [
    'Content-Length',
    String(length),
    'Content-Type',
    type,
    'Vary',
    'Origin',
    'Server',
    'Hubfleet',
    'x-ms-request-id',
    requestId(),
  ];

  const json: Answers['json'] = (response, status, text, extra) => {
    const headers = head(Buffer.byteLength(text));
    response.writeHead(status, extra === undefined ? headers : headers.concat(extra));
    response.end(text);
  };

  return {
    json,
    bytes(response, status, latin1) {
      response.writeHead(status, head(latin1.length));
      response.end(latin1, 'latin1');
    },
    octets(response, status, body, extra) {
      response.writeHead(status, head(body.length, 'application/octet-stream').concat(extra));
      response.end(body);
    },
    nothing(response) {
      response.writeHead(204, ['Vary', 'Origin', 'Server', 'Hubfleet', 'x-ms-request-id', requestId()]);
      response.end();
    },
    refusal(response, refusal, form, extra = []) {
      const headers = ['iothub-errorcode', refusal.name, ...extra];
      // The rest of a body that is too large is not worth reading.
      if (refusal.status === 413) headers.push('Connection', 'close');
      json(response, refusal.status, bodyOf(refusal, form, clock.now(), randomBytes), headers);
    },
    raw(status, refusal) {
      const body = bodyOf(refusal, 'nested', clock.now(), randomBytes);
      const headers = [...head(Buffer.byteLength(body)), 'iothub-errorcode', refusal.name, 'Connection', 'close'];
      const lines = headers.flatMap((name, index) => (index % 2 === 0 ? [`${name}: ${headers[index + 1]}`] : []));
      return `HTTP/1.1 ${status}\r\n${lines.join('\r\n')}\r\n\r\n${body}`;
    },
  };
}

function bodyOf(refusal: Refusal, form: ErrorForm, now: number, randomBytes: (count: number) => Buffer): string {
  const iso = new Date(now).toISOString();
  const [year, month, day] = iso.slice(0, 10).split('-');
  const stamp = `TimeStamp:${month}/${day}/${year} ${iso.slice(11, 19)}`;
  const tracking = randomBytes(16).toString('hex');
  if (form === 'plain' || refusal.status === 401) {
    return JSON.stringify({
      Message: `ErrorCode:${refusal.name};${refusal.message}`,
      ExceptionMessage: `Tracking ID:${tracking}-G:0-${stamp}`,
    });
  }
  const message = {
    errorCode: refusal.number,
    trackingId: `${tracking}-${stamp}`,
    message: refusal.message,
    ...(refusal.info === undefined ? {} : { info: refusal.info }),
    // The service writes ticks of 100 ns.
    timestampUtc: `${iso.slice(0, -1)}0000Z`,
  };
  return JSON.stringify({ Message: JSON.stringify(message), ExceptionMessage: '' });
}
