// A connection to a hub's AMQP door for a service: the token put on it and renewed, links opened, every wait ended when the connection is.
import { isIP, type Socket } from 'node:net';
import rhea, { type Connection, type EventContext, type Receiver, type Sender } from 'rhea';
import type { Cancel, Clock } from '../clock/clock.ts';
import { signToken } from '../tokens/sas-token.ts';
import { LabError } from '../vocabulary/errors.ts';
import { type Millis, minutes, seconds } from '../vocabulary/units.ts';
import { servicePolicyOf } from './service-client.ts';
import { type ServiceProblem, serviceProblem } from './service-problem.ts';

export interface AmqpOptions {
  /** A service connection string. */
  readonly connectionString: string;
  readonly clock: Clock;
  /** Where the hub really listens; by default port 5671 of its host name over TLS. */
  readonly address?: { readonly host: string; readonly port: number; readonly tls: boolean };
  /** PEM text of a CA to trust. */
  readonly ca?: string;
  /** How long connecting, opening a link or settling a message may take. @default 30 s */
  readonly patience?: Millis;
}

export interface AmqpError {
  readonly condition?: string;
  readonly description?: string;
}

export interface AmqpClient {
  /** Opens a link and waits for the hub's side of it. Throws LabError hub.refused with the hub's words. */
  sender(address: string): Promise<Sender>;
  receiver(address: string): Promise<Receiver>;
  /** Rejects with LabError hub.unreachable when `work` takes too long or the connection ends before. */
  within<T>(doing: string, work: (resolve: (value: T) => void, reject: (error: LabError) => void) => void): Promise<T>;
  close(): Promise<void>;
}

const tokenLifetime = minutes(60);
/** As the Node SDK does (reference 4.6). */
const renewEvery = minutes(45);

export async function openAmqpClient(options: AmqpOptions): Promise<AmqpClient> {
  const { clock, patience = seconds(30) } = options;
  const { hostName, host, policy, key } = servicePolicyOf(options.connectionString);
  const at = options.address ?? { host, port: 5_671, tls: true };
  const where = `${at.tls ? 'amqps' : 'amqp'}://${at.host}:${at.port}`;
  /** Those who wait for something of this connection. */
  const waiting = new Set<(error: LabError) => void>();
  let renewal: Cancel = () => {};
  let ended: LabError | undefined;

  const container = rhea.create_container({ id: 'hubfleet-invoker' });
  const connection: Connection = container.connect({
    host: at.host,
    port: at.port,
    hostname: hostName,
    reconnect: false,
    ...(at.tls
      ? { transport: 'tls', servername: serverName(hostName), ...(options.ca === undefined ? {} : { ca: options.ca }) }
      : { transport: 'tcp' }),
  } as Parameters<typeof container.connect>[0]);

  const fail = (error: LabError): void => {
    renewal();
    ended ??= error;
    for (const reject of waiting) reject(error);
  };
  connection.on('connection_error', ({ connection: { error } }: EventContext) =>
    fail(refused('the hub closed the AMQP connection', error as AmqpError | undefined)),
  );
  connection.on('disconnected', ({ error }: EventContext) => fail(unreachable(where, error)));
  connection.on('session_error', ({ session }: EventContext) =>
    fail(refused('the hub ended the AMQP session', session?.error as AmqpError | undefined)),
  );
  connection.on('protocol_error', (error: unknown) => fail(unreachable(where, error)));
  // Errors of links that nobody waits for any more: `rhea` would throw what is not listened to.
  container.on('error', () => {});

  function within<T>(
    doing: string,
    work: (resolve: (value: T) => void, reject: (error: LabError) => void) => void,
  ): Promise<T> {
    if (ended !== undefined) return Promise.reject(ended);
    return new Promise<T>((resolve, reject) => {
      const over = () => {
        cancel();
        waiting.delete(failed);
      };
      const failed = (error: LabError) => {
        over();
        reject(error);
      };
      waiting.add(failed);
      const cancel = clock.after(patience, () =>
        failed(unreachable(where, `${doing} took longer than ${patience / 1_000} s`)),
      );
      work((value) => {
        over();
        resolve(value);
      }, failed);
    });
  }

  const opened = <Link extends Sender | Receiver>(link: Link, kind: 'sender' | 'receiver', address: string) =>
    within<Link>(`opening ${address}`, (resolve, reject) => {
      link.once(`${kind}_open`, () => resolve(link));
      link.once(`${kind}_error`, () => reject(refused(`the hub refused ${address}`, link.error as AmqpError)));
      link.once(`${kind}_close`, () => reject(refused(`the hub closed ${address}`, link.error as AmqpError)));
    });

  let tokens = 0;
  async function putToken(to: Sender, from: Receiver): Promise<void> {
    tokens += 1;
    const id = `token-${tokens}`;
    const expiresAt = clock.now() + tokenLifetime;
    await within<void>('putting the token', (resolve, reject) => {
      const heard = ({ message }: EventContext): void => {
        if (message?.correlation_id !== id) return;
        from.removeListener('message', heard);
        const { 'status-code': status, 'status-description': text } = message.application_properties ?? {};
        if (status === 200 || status === 202) resolve();
        else
          reject(new LabError('hub.refused', `the hub answered ${status} to the token of policy ${policy}: ${text}`));
      };
      from.on('message', heard);
      to.send({
        message_id: id,
        to: '$cbs',
        reply_to: 'cbs',
        application_properties: { operation: 'put-token', type: 'servicebus.windows.net:sastoken', name: hostName },
        body: signToken({ resource: hostName, key, policy, expiresAt }),
      });
    });
  }

  const close = async (): Promise<void> => {
    renewal();
    // Whom nobody answered there is nobody to say goodbye to.
    if (ended === undefined && connection.is_open()) {
      await within<void>('closing', (resolve) => {
        connection.once('connection_close', () => resolve());
        connection.once('disconnected', () => resolve());
        connection.close();
      }).catch(() => {});
    }
    ended ??= unreachable(where, 'it was closed here');
    (connection as unknown as { readonly socket?: Socket }).socket?.destroy();
  };

  try {
    const [to, from] = await Promise.all([
      opened(connection.open_sender('$cbs'), 'sender', '$cbs'),
      opened(connection.open_receiver('$cbs'), 'receiver', '$cbs'),
    ]);
    await putToken(to, from);
    // One that fails shows when the token before it ends: the hub then closes links with its own words.
    renewal = clock.every(renewEvery, () => void putToken(to, from).catch(() => {}));
  } catch (error) {
    await close();
    throw error;
  }

  return {
    sender: (address) => opened(connection.open_sender({ target: { address } }), 'sender', address),
    receiver: (address) =>
      opened(connection.open_receiver({ source: { address }, autoaccept: true }), 'receiver', address),
    within,
    close,
  };
}

/**
 * An address cannot be a server name (RFC 6066 section 3); the certificate is then checked for the address connected to. Empty and not left
 * out, since `rhea` would put the host there.
 */
const serverName = (hostName: string): string => (isIP(hostName) === 0 ? hostName : '');

/** What a hub says in an AMQP error: a condition, and a description that is mostly JSON (reference 3.8). */
export function problemOf({ condition = 'unknown', description = '' }: AmqpError = {}): ServiceProblem {
  const problem = serviceProblem(0, undefined, JSON.stringify({ Message: description }));
  return {
    ...problem,
    name: problem.number === undefined ? condition : problem.name,
    message: description === '' ? `the hub said ${condition}` : problem.message,
  };
}

export function refused(what: string, error: AmqpError | undefined): LabError {
  const { name, number, message, explanation } = problemOf(error);
  const code = number === undefined ? name : `${number} ${name}`;
  return new LabError('hub.refused', `${what}: ${code}: ${message}`, explanation?.fix);
}

function unreachable(where: string, cause: unknown): LabError {
  const message = cause instanceof Error ? cause.message : cause === undefined ? 'the connection ended' : String(cause);
  const code = (cause as { code?: string } | undefined)?.code ?? '';
  return /CERT|SELF_SIGNED|UNABLE_TO_VERIFY/.test(code)
    ? new LabError(
        'hub.unreachable',
        `the hub at ${where} shows a certificate that is not trusted (${message})`,
        'Trust its CA: pass --ca with the PEM file, or set NODE_EXTRA_CA_CERTS to it.',
        cause,
      )
    : new LabError(
        'hub.unreachable',
        `no answer from the hub at ${where} (${message})`,
        'Is the hub running, and is its AMQP port right?',
        cause,
      );
}
