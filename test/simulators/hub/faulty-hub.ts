// A whole hub with faults, and devices of somebody else's at its MQTT and AMQP doors: the library clients that SDKs are built on.
import { connectAsync } from 'mqtt';
import { onTestFinished } from 'vitest';
import { systemClock } from '../../../simulators/clock/system.ts';
import { FaultSet } from '../../../simulators/faults/faults.ts';
import { signToken } from '../../../simulators/tokens/sas-token.ts';
import type { FaultFact } from '../../../simulators/vocabulary/facts.ts';
import {
  type FaultSettingsInput,
  type FaultSpecInput,
  faultSpecSchema,
} from '../../../simulators/vocabulary/fault-specs.ts';
import { faultName } from '../../../simulators/vocabulary/ids.ts';
import { AmqpClient, AmqpProblem, dataOf } from './doors-amqp/amqp-client.ts';
import { type Answer, aHub, allShut } from './hub/a-hub.ts';
import { Facts } from './parts.ts';

export const hostName = 'myhub.localhost';
export const protocols = ['mqtt', 'amqp'] as const;

export interface Call {
  readonly name: string;
  /** What tells calls apart on the wire: a request id, or a correlation id in hex. */
  readonly id: string;
  answer(status: number): void;
}

export interface TwinReply {
  readonly status: number;
  readonly body: string;
}

/** A device that notes what it is asked and answers when told to. */
export interface Device {
  readonly calls: Call[];
  readonly desired: string[];
  get(): Promise<TwinReply>;
  report(patch: object): Promise<TwinReply>;
}

export async function aFaultyHub() {
  const clock = systemClock();
  const facts = new Facts();
  const strikes: FaultFact[] = [];
  const faults = new FaultSet({ clock, seed: 7, emit: (fact) => strikes.push(fact), fleetOf: () => undefined });
  const bench = await aHub({
    ...{ hostName, faults, clock, emit: facts.emit },
    listen: { ...allShut, http: 0, mqtt: 0, amqp: 0 },
  });
  const { hub, ask } = bench;
  faults.attachHub(hub.grip);
  const { mqtt, amqp } = hub.status.doors;

  async function tokenOf(id: string): Promise<string> {
    const { body } = await ask('GET', `/devices/${id}`);
    const { primaryKey: key } = (body as { authentication: { symmetricKey: { primaryKey: string } } }).authentication
      .symmetricKey;
    return signToken({ resource: `${hostName}/devices/${id}`, key, expiresAt: Date.now() + 3_600_000 });
  }

  return {
    ...bench,
    faults,
    facts,
    tokenOf,
    add: (settings: FaultSettingsInput, more: Partial<FaultSpecInput> = {}) =>
      faults.add(faultSpecSchema.parse({ name: faultName('fault'), settings, ...more })),
    lift: () => faults.lift(faultName('fault')),
    /** How often faults struck. */
    strikes() {
      faults.tellStrikes();
      return strikes.reduce((sum, fact) => sum + (fact.type === 'fault.counted' ? fact.strikes : 0), 0);
    },
    call: (id: string, fields: object = {}): Promise<Answer> =>
      ask('POST', `/twins/${id}/methods`, {
        body: { methodName: 'reboot', responseTimeoutInSeconds: 30, payload: null, ...fields },
      }),
    /** Registers it when it is not yet. Rejects with `code` or `condition` when the hub does not let it in. */
    async device(protocol: (typeof protocols)[number], id: string): Promise<Device> {
      await ask('PUT', `/devices/${id}`, { body: { deviceId: id } });
      const token = await tokenOf(id);
      return protocol === 'mqtt' ? overMqtt(mqtt?.port ?? 0, id, token) : overAmqp(amqp?.port ?? 0, id, token);
    },
    async service(): Promise<AmqpClient> {
      const client = new AmqpClient(amqp?.port ?? 0, {});
      onTestFinished(() => client.stop());
      await client.opened;
      await client.putToken(hub.serviceToken('service', 3_600), hostName);
      return client;
    },
  };
}

async function overMqtt(port: number, id: string, password: string): Promise<Device> {
  const client = await connectAsync({
    ...{ host: '127.0.0.1', port, clientId: id, password, reconnectPeriod: 0 },
    username: `${hostName}/${id}/?api-version=2021-04-12`,
  });
  onTestFinished(() => void client.end(true));
  client.on('error', () => {});
  const calls: Call[] = [];
  const desired: string[] = [];
  const waiting = new Map<string, (reply: TwinReply) => void>();
  let rids = 0;
  client.on('message', (topic, payload) => {
    const [, kind = '', what = '', name = '', query = ''] = topic.split('/');
    if (kind === 'methods') {
      const rid = query.replace('?$rid=', '');
      const answer = (status: number) => client.publish(`$iothub/methods/res/${status}/?$rid=${rid}`, '{}');
      calls.push({ name, id: rid, answer });
    } else if (what === 'res') {
      const rid = /rid=([^&]*)/.exec(query)?.[1] ?? '';
      waiting.get(rid)?.({ status: Number(name), body: payload.toString() });
    } else desired.push(payload.toString());
  });
  await client.subscribeAsync([
    '$iothub/methods/POST/#',
    '$iothub/twin/res/#',
    '$iothub/twin/PATCH/properties/desired/#',
  ]);
  const ask = (topic: string, body: string) =>
    new Promise<TwinReply>((resolve) => {
      rids += 1;
      waiting.set(String(rids), resolve);
      client.publish(`${topic}/?$rid=${rids}`, body);
    });
  return {
    calls,
    desired,
    get: () => ask('$iothub/twin/GET', ''),
    report: (patch) => ask('$iothub/twin/PATCH/properties/reported', JSON.stringify(patch)),
  };
}

async function overAmqp(port: number, id: string, token: string): Promise<Device> {
  const client = new AmqpClient(port, {});
  onTestFinished(() => client.stop());
  await client.opened;
  await client.putToken(token, `${hostName}/devices/${id}`);
  const calls: Call[] = [];
  const desired: string[] = [];
  const waiting = new Map<unknown, (reply: TwinReply) => void>();
  const methods = `/devices/${id}/methods/devicebound`;
  const answers = await client.sender(methods);
  const requests = await client.receiver(methods);
  requests.receiver.on('message', ({ message }) => {
    const correlation_id: unknown = message?.correlation_id;
    const properties = message?.application_properties as Record<string, string> | undefined;
    calls.push({
      name: properties?.['IoThub-methodname'] ?? '',
      id: Buffer.from(correlation_id as Buffer).toString('hex'),
      answer: (status) =>
        void answers.send({ correlation_id, application_properties: { 'IoThub-status': status }, body: '{}' } as never),
    });
  });
  const twin = await client.sender(`/devices/${id}/twin`);
  const replies = await client.receiver(`/devices/${id}/twin`);
  replies.receiver.on('message', ({ message }) => {
    if (message === undefined) return;
    const said = waiting.get(message.correlation_id);
    const { status } = (message.message_annotations ?? {}) as { status?: number };
    if (said === undefined) desired.push(dataOf(message));
    else said({ status: status ?? 0, body: dataOf(message) });
  });
  let asked = 0;
  const ask = (annotations: object, body: string) =>
    new Promise<TwinReply>((resolve) => {
      asked += 1;
      waiting.set(`ask-${asked}`, resolve);
      twin.send({ correlation_id: `ask-${asked}`, message_annotations: annotations, body: Buffer.from(body) } as never);
    });
  await ask({ operation: 'PUT', resource: '/notifications/twin/properties/desired' }, '');
  return {
    calls,
    desired,
    get: () => ask({ operation: 'GET' }, ' '),
    report: (patch) => ask({ operation: 'PATCH', resource: '/properties/reported' }, JSON.stringify(patch)),
  };
}

/** Why a device was not let in: the code of its CONNACK, or the condition its link was detached with. */
export const refusalOf = (attempt: Promise<unknown>): Promise<number | string> =>
  attempt.then(
    () => 'let in',
    (error: Error & { code?: number }) =>
      error instanceof AmqpProblem ? error.condition : (error.code ?? error.message),
  );
