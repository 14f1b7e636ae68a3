// Devices of the official SDK over AMQP, as an application would write them, except that they dial the port they are given: the SDK knows only 5671.
import { createRequire } from 'node:module';
import device from 'azure-iot-device';
import { residentKilobytes, serve } from '../processes/serve.ts';
import type { SdkOptions } from './sdk.process.ts';

type Transport = Parameters<typeof device.Client.fromConnectionString>[1];
interface BaseAmqp {
  connect(config: { uri: string }, ...rest: unknown[]): unknown;
}
// Loaded from node_modules when it runs, as any program would.
const require = createRequire(import.meta.url);
const transport = require('azure-iot-device-amqp') as { Amqp: new (provider: unknown, base?: BaseAmqp) => Transport };
const requireOfTransport = createRequire(require.resolve('azure-iot-device-amqp'));
const { Amqp: Base } = requireOfTransport('azure-iot-amqp-base') as { Amqp: new (autoSettle: boolean) => BaseAmqp };

let clients: device.Client[] = [];

function transportTo(port: number): Transport {
  return class extends (transport.Amqp as new (provider: unknown, base?: BaseAmqp) => object) {
    constructor(provider: unknown) {
      const base = new Base(false);
      const connect = base.connect.bind(base);
      base.connect = (config, ...rest) => connect({ ...config, uri: `${config.uri}:${port}` }, ...rest);
      super(provider, base);
    }
  } as unknown as Transport;
}

async function open(
  { hostName, ca }: SdkOptions,
  via: Transport,
  { id, key }: SdkOptions['devices'][number],
): Promise<void> {
  const client = device.Client.fromConnectionString(`HostName=${hostName};DeviceId=${id};SharedAccessKey=${key}`, via);
  clients.push(client);
  await client.setOptions({ ca });
  await client.open();
  client.onDeviceMethod('echo', (request, response) => void response.send(200, request.payload));
  const twin = await client.getTwin();
  twin.on('properties.desired', () => {});
}

const handlers = {
  /** All at once; gives the seconds until the last one has its twin. */
  async connect(options: SdkOptions): Promise<number> {
    const via = transportTo(options.port);
    const begun = performance.now();
    await Promise.all(options.devices.map((each) => open(options, via, each)));
    return (performance.now() - begun) / 1_000;
  },
  async disconnect(): Promise<void> {
    const leaving = clients;
    clients = [];
    await Promise.all(leaving.map((client) => client.close()));
  },
  memory: residentKilobytes,
};
export type AmqpSdkCalls = typeof handlers;
serve(handlers);
