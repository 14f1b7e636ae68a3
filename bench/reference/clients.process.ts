// Bare `mqtt` clients: each connects, subscribes to what a device needs and reads its twin once. TLS clients share one secure context.
import { connect as connectTcp } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls, createSecureContext } from 'node:tls';
import { MqttClient } from 'mqtt';
import { residentKilobytes, serve } from '../processes/serve.ts';

export interface ClientsOptions {
  readonly host: string;
  readonly port: number;
  /** PEM text of the CA; left out: plain text. */
  readonly ca?: string;
  readonly devices: readonly { readonly id: string; readonly username?: string; readonly password?: string }[];
}

const filters = ['$iothub/methods/POST/#', '$iothub/twin/res/#', '$iothub/twin/PATCH/properties/desired/#'];
let clients: MqttClient[] = [];

function dialler({ host, port, ca }: ClientsOptions): () => Duplex {
  if (ca === undefined) return () => connectTcp({ host, port, noDelay: true });
  const secureContext = createSecureContext({ ca });
  return () => connectTls({ host, port, secureContext, servername: 'localhost' }).setNoDelay(true);
}

function open(dial: () => Duplex, { id, username, password }: ClientsOptions['devices'][number]): Promise<void> {
  return new Promise((resolve, reject) => {
    const client = new MqttClient(dial, {
      clientId: id,
      username,
      password,
      clean: false,
      keepalive: 240,
      protocolVersion: 4,
      reconnectPeriod: 0,
    });
    clients.push(client);
    client.on('error', reject);
    client.on('connect', () =>
      client.subscribe(filters, (error) => {
        if (error) reject(error);
        else client.publish('$iothub/twin/GET/?$rid=1', ' ');
      }),
    );
    client.on('message', (topic) => {
      if (topic.startsWith('$iothub/twin/res/200/')) resolve();
    });
  });
}

const handlers = {
  /** All at once; gives the seconds until the last one has its twin. */
  async connect(options: ClientsOptions): Promise<number> {
    const dial = dialler(options);
    const begun = performance.now();
    await Promise.all(options.devices.map((device) => open(dial, device)));
    return (performance.now() - begun) / 1_000;
  },
  async disconnect(): Promise<void> {
    const leaving = clients;
    clients = [];
    await Promise.all(leaving.map((client) => client.endAsync()));
  },
  memory: residentKilobytes,
};
export type ClientsCalls = typeof handlers;
serve(handlers);
