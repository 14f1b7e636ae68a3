// Picks the ports a local hub listens on: the standard ones when they are free, the next best with a sentence when they are not,
// and exactly the named ones when the user named them.
import { createServer } from 'node:net';
import type { Listen } from '../../simulators/hub/hub.ts';
import { LabError } from '../../simulators/vocabulary/errors.ts';

/** Ports as the user named them; 0 takes any free one. */
export interface AskedPorts {
  readonly https?: number | undefined;
  readonly mqtts?: number | undefined;
  readonly mqtt?: number | undefined;
  readonly amqps?: number | undefined;
  readonly amqp?: number | undefined;
}

export interface ChosenPorts {
  readonly listen: Listen;
  /** One sentence for each port that had to give way. */
  readonly notices: readonly string[];
}

export type PortState = 'free' | 'taken' | 'forbidden';
export type Probe = (host: string, port: number) => Promise<PortState>;

const why: Record<Exclude<PortState, 'free'>, string> = {
  taken: 'is taken by another program',
  forbidden: 'may not be opened without permission',
};

/**
 * @param lenient takes any free port rather than fail when none of the usual ones is to be had: starting the window never fails for a
 * taken port. Without it the last of the usual ports is chosen all the same, and opening the hub then says that it is taken.
 */
export async function choosePorts(asked: AskedPorts, lenient: boolean, probe: Probe = probePort): Promise<ChosenPorts> {
  const host = '127.0.0.1';
  const notices: string[] = [];

  const choose = async (door: string, named: number | undefined, usual: readonly number[]): Promise<number> => {
    if (named !== undefined) return named;
    const refusals: string[] = [];
    for (const port of usual) {
      const state = await probe(host, port);
      if (state === 'free') {
        if (refusals.length > 0) notices.push(`${door} listens on ${port}: ${refusals.join(', ')}`);
        return port;
      }
      refusals.push(`port ${port} ${why[state]}`);
    }
    if (!lenient) return usual.at(-1) ?? 0;
    notices.push(`${door} listens on a free port: ${refusals.join(', ')}`);
    return 0;
  };

  return {
    listen: {
      host,
      https: await choose('HTTPS', asked.https, [443, 8443]),
      mqtts: await choose('MQTT over TLS', asked.mqtts, [8883]),
      amqps: await choose('AMQP over TLS', asked.amqps, [5671]),
      mqtt: asked.mqtt ?? 0,
      amqp: asked.amqp ?? 0,
      http: 0,
    },
    notices,
  };
}

/** Opens the port for a moment to see whether it can be had. */
export const probePort: Probe = (host, port) =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      resolve(isForbidden(error) ? 'forbidden' : 'taken');
    });
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve('free')));
  });

/** The error of a port that could not be opened; `name` is the flag or field it came from. */
export function portProblem(name: string, port: number, error: NodeJS.ErrnoException): LabError {
  const forbidden = isForbidden(error);
  const reason = forbidden
    ? why.forbidden
    : error.code === 'EADDRINUSE'
      ? why.taken
      : `cannot be opened (${error.message})`;
  return new LabError(
    forbidden ? 'port.forbidden' : 'port.taken',
    `${name}: port ${port} ${reason}`,
    'Choose another, or 0 for any free one.',
    error,
  );
}

const isForbidden = (error: NodeJS.ErrnoException): boolean => error.code === 'EACCES' || error.code === 'EPERM';
