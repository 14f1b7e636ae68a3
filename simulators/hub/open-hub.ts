// Puts a hub together, from its store to its doors, and takes it apart again; what was opened before a failure is closed.
import { formatConnectionString } from '../tokens/connection-string.ts';
import { LabError } from '../vocabulary/errors.ts';
import { defaultPolicies, openAccess, type Policy } from './access/access.ts';
import { ensureCertificates } from './certificates/certificates.ts';
import { openConfigurations } from './configurations/configurations.ts';
import { openConnections } from './connections/connections.ts';
import { openAmqp } from './doors/amqp/open-amqp-door.ts';
import { type HttpDoor, openHttpDoor } from './doors/http/open-http-door.ts';
import { type Listener, openListener } from './doors/listener.ts';
import { openMqtt } from './doors/mqtt/open-mqtt-door.ts';
import { openWebSockets } from './doors/websocket/web-sockets.ts';
import { openFaultInjection } from './fault-injection/fault-injection.ts';
import type { Hub, HubOptions, HubStatus } from './hub.ts';
import { type Jobs, openJobs } from './jobs/jobs.ts';
import { holdLoopback, openFirst } from './listening.ts';
import { type Messages, openMessages } from './messages/messages.ts';
import { openMethods } from './methods/methods.ts';
import { openQueries } from './query/query.ts';
import { openRegistry, type Registry } from './registry/registry.ts';
import { openStore, type Store } from './store/store.ts';
import { imposedOn } from './throttling/imposed.ts';
import { openThrottling } from './throttling/throttling.ts';
import { openTwins } from './twins/twins.ts';

const hostNamePattern = /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$/;

/**
 * Throws LabError data-folder.in-use, data-folder.unusable, certificate.invalid, port.taken, port.forbidden or input.invalid; nothing stays
 * open then.
 */
export async function openHub(options: HubOptions): Promise<Hub> {
  holdOptions(options);
  const closers: (() => Promise<void> | void)[] = [];
  try {
    return await open(options, closers);
  } catch (error) {
    for (const close of closers.reverse()) await close();
    throw error;
  }
}

function holdOptions({ hostName, listen }: HubOptions): void {
  if (!hostNamePattern.test(hostName) || hostName.length > 253) {
    throw new LabError(
      'input.invalid',
      `hostName: '${hostName}' is not a host name of letters, digits, dots and hyphens`,
    );
  }
  for (const door of ['http', 'mqtt', 'amqp'] as const) if (listen[door] !== false) holdLoopback(door, listen.host);
}

async function open(options: HubOptions, closers: (() => Promise<void> | void)[]): Promise<Hub> {
  const { clock, emit, randomBytes, folder, hostName, listen, faults } = options;
  const store = openStore(folder, clock.now());
  closers.push(() => store.close());
  const certificates = await ensureCertificates({ folder, hostName, clock, randomBytes });
  const policies = keptPolicies(store, randomBytes);

  // Each of these needs another that needs it: the later ones are reached through these two functions.
  const find = (id: string) => registry.find(id);
  const throttling = openThrottling({ clock, emit: (fact) => emit(imposed.named(fact)), throttle: options.throttle });
  const imposed = imposedOn(throttling);
  const connections = openConnections({ clock, emit, faults });
  const { activity } = connections;
  const twins = openTwins({
    clock,
    emit,
    store,
    find,
    activity,
    waiting: (id) => messages.count(id),
    faults,
    listens: (device) => connections.find(device)?.listensForDesired === true,
    notify: (device, patch, version) => connections.find(device)?.sendDesired(patch, version) ?? false,
  });
  const registry: Registry = openRegistry({
    clock,
    emit,
    store,
    randomBytes,
    twins,
    activity,
    waiting: (id) => messages.count(id),
    close(device, reason) {
      connections.find(device)?.close(reason);
      if (reason !== 'deleted') return;
      connections.forget(device);
      messages.forget(device);
    },
  });
  const authorities = [certificates.caPem, ...(options.deviceAuthorities ?? [])];
  const access = openAccess({ clock, hostName, find, policies, authorities, entra: options.entra });
  const methods = openMethods({ clock, emit, find, connections, faults });
  closers.push(() => methods.stop());
  const injection = openFaultInjection({ clock, emit, connections });
  closers.push(() => injection.stop());
  const messages: Messages = openMessages({
    clock,
    emit,
    store,
    randomBytes,
    find,
    connections,
    throttling,
    injection,
  });
  closers.push(() => messages.stop());

  const parts = {
    clock,
    emit,
    randomBytes,
    hostName,
    registry,
    twins,
    access,
    connections,
    methods,
    messages,
    throttling,
    find,
    faults,
  };
  const queries = openQueries({ registry, twins, deviceJobs: () => jobs.deviceJobs() });
  const { select, check } = queries;
  const configurations = openConfigurations({ clock, store, randomBytes, registry, twins, check });
  const jobs: Jobs = openJobs({ clock, emit, store, select, methods, twins, throttling });
  closers.push(() => jobs.stop());
  const { host } = listen;
  const { serverKey: key, serverCertificate: cert, caPem: ca } = certificates;
  const notices = [...store.notices, ...certificates.notices];
  const doors: Partial<Record<keyof HubStatus['doors'], HttpDoor | Listener>> = {};

  const openDoor = async (
    name: keyof HubStatus['doors'],
    asked: number | readonly number[] | false,
    openAt: (port: number) => Promise<HttpDoor | Listener>,
  ): Promise<void> => {
    if (asked === false) return;
    const { door, notice } = await openFirst(name, host, typeof asked === 'number' ? [asked] : asked, openAt);
    doors[name] = door;
    closers.push(() => door.stop());
    if (notice !== undefined) notices.push(notice);
  };
  const mqtt = openMqtt(parts);
  closers.push(() => mqtt.stop());
  const amqp = openAmqp(parts);
  closers.push(() => amqp.stop());
  const webSockets = openWebSockets({ clock, emit, mqtt, amqp });
  closers.push(() => webSockets.stop());
  const tls = { key, certificate: cert, ca };
  await openDoor('https', listen.https, (port) =>
    openHttpDoor({ ...parts, webSockets, queries, jobs, configurations, host, port, tls }),
  );
  await openDoor('http', listen.http, (port) =>
    openHttpDoor({ ...parts, webSockets, queries, jobs, configurations, host, port }),
  );
  const forMqtt = { clock, emit, host, door: 'mqtt', accept: mqtt.accept } as const;
  await openDoor('mqtts', listen.mqtts, (port) => openListener({ ...forMqtt, port, tls: { key, cert, ca } }));
  await openDoor('mqtt', listen.mqtt, (port) => openListener({ ...forMqtt, port }));
  const forAmqp = { clock, emit, host, door: 'amqp', accept: amqp.accept } as const;
  await openDoor('amqps', listen.amqps, (port) => openListener({ ...forAmqp, port, tls: { key, cert, ca } }));
  await openDoor('amqp', listen.amqp, (port) => openListener({ ...forAmqp, port }));

  const { caPem: pem, caFile: file } = certificates;
  const status: HubStatus = {
    hostName,
    doors: Object.fromEntries(Object.entries(doors).map(([name, door]) => [name, door.address])),
    policies: policies.map(({ name, rights }) => ({ name, rights })),
    connectionStrings: Object.fromEntries(
      policies.map(({ name, primaryKey }) => [
        name,
        formatConnectionString({ hostName, sharedAccessKeyName: name, sharedAccessKey: primaryKey }),
      ]),
    ),
    ca: { pem, ...(file === undefined ? {} : { file }) },
    notices,
  };
  emit({ type: 'hub.opened', at: clock.now(), host: hostName });

  let stopping: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    // First no more callers, then an answer for those who wait, then the devices: so that nobody is told of a lost device instead.
    const http = [doors.https?.stop(), doors.http?.stop()];
    // A job's calls that are under way are to be made again, not to end as failed.
    jobs.stop();
    methods.stop();
    mqtt.stop();
    amqp.stop();
    webSockets.stop();
    await Promise.all([...http, ...[doors.mqtts, doors.mqtt, doors.amqps, doors.amqp].map((door) => door?.stop())]);
    messages.stop();
    injection.stop();
    twins.stop();
    store.close();
    emit({ type: 'hub.closed', at: clock.now() });
  };

  return {
    status,
    serviceToken: (policy, lifetimeSeconds) => access.serviceToken(policy, lifetimeSeconds),
    grip: { throttle: imposed.impose },
    setThrottle: (throttle) => imposed.set(throttle),
    usage: () => ({ throttle: throttling.throttle, limits: throttling.usage(), today: throttling.messagesToday() }),
    counts: () => ({ devices: registry.size, connected: connections.size, inFlight: methods.inFlight }),
    stop: () => {
      stopping ??= stop();
      return stopping;
    },
  };
}

/** The keys a hub was first opened with stay its keys. */
function keptPolicies(store: Store, randomBytes: HubOptions['randomBytes']): readonly Policy[] {
  const kept = store.setting('policies');
  if (kept !== undefined) return JSON.parse(kept) as Policy[];
  const policies = defaultPolicies(randomBytes);
  store.keepSetting('policies', JSON.stringify(policies));
  return policies;
}
