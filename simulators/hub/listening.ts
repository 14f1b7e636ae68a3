// Which door listens where: plain text on loopback only, and a sentence with the flag and the fix when a port cannot be had.
import { LabError } from '../vocabulary/errors.ts';
import type { DoorAddress, HubStatus } from './hub.ts';

type DoorName = keyof HubStatus['doors'];

/** Door -> the flag a user names its port with. */
const flags: Readonly<Record<DoorName, string>> = {
  https: '--https-port',
  http: '--http-port',
  mqtts: '--mqtts-port',
  mqtt: '--mqtt-port',
  amqps: '--amqps-port',
  amqp: '--amqp-port',
};

const loopback: ReadonlySet<string> = new Set(['127.0.0.1', '::1', 'localhost']);

/** Throws LabError input.invalid for a plain-text door anywhere else. */
export function holdLoopback(door: 'http' | 'mqtt' | 'amqp', host: string): void {
  if (loopback.has(host)) return;
  throw new LabError(
    'input.invalid',
    `host: the plain-text ${door} door listens on 127.0.0.1, ::1 or localhost only, not on ${host}`,
    `Leave the ${door} door shut, or listen on 127.0.0.1.`,
  );
}

export interface Opened<Door> {
  readonly door: Door;
  /** A sentence when the first port could not be had. */
  readonly notice?: string;
}

/** Tries the ports in order. Throws LabError port.taken, port.forbidden or input.invalid for the last one. */
export async function openFirst<Door extends { readonly address: DoorAddress }>(
  name: DoorName,
  host: string,
  ports: readonly number[],
  open: (port: number) => Promise<Door>,
): Promise<Opened<Door>> {
  const reasons: string[] = [];
  for (const port of ports) {
    if (!Number.isInteger(port) || port < 0 || port > 65_535) {
      throw new LabError('input.invalid', `${flags[name]}: ${port} must be a whole number within 0 to 65535`);
    }
    try {
      const door = await open(port);
      if (reasons.length === 0) return { door };
      return { door, notice: `${name.toUpperCase()} listens on port ${door.address.port}: ${reasons.join(', ')}.` };
    } catch (error) {
      const problem = portProblem(name, host, port, error);
      if (problem.code === 'input.invalid' || port === ports.at(-1)) throw problem;
      reasons.push(problem.code === 'port.taken' ? `port ${port} is taken` : `port ${port} needs a privilege`);
    }
  }
  throw new LabError('input.invalid', `${flags[name]}: no port is named`);
}

function portProblem(name: DoorName, host: string, port: number, error: unknown): LabError {
  // A door may have put its socket's error into words already; the socket's own code is what tells.
  const cause = error instanceof LabError && error.cause instanceof Error ? error.cause : error;
  const code = (cause as NodeJS.ErrnoException).code;
  const flag = flags[name];
  if (code === 'EADDRINUSE') {
    return new LabError(
      'port.taken',
      `${flag}: port ${port} on ${host} is taken by another program`,
      `Stop that program, or choose another port with ${flag}; 0 takes any free one.`,
      error,
    );
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return new LabError(
      'port.forbidden',
      `${flag}: port ${port} on ${host} may not be opened without a privilege`,
      `Choose a port above 1023 with ${flag}, 0 for any free one, or allow this program to open low ports.`,
      error,
    );
  }
  if (error instanceof LabError) return error;
  const text = cause instanceof Error ? cause.message : String(cause);
  return new LabError('input.invalid', `host: cannot listen on ${host}, port ${port}: ${text}`, undefined, error);
}
