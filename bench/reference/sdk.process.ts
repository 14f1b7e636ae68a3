// Devices of the official SDK over MQTT, as an application would write them, except that they dial the port they are given: the SDK knows only 8883.
import { createRequire } from 'node:module';
import device from 'azure-iot-device';
import transport from 'azure-iot-device-mqtt';
import { residentKilobytes, serve } from '../processes/serve.ts';

export interface SdkOptions {
  readonly hostName: string;
  readonly port: number;
  readonly ca: string;
  readonly devices: readonly { readonly id: string; readonly key: string }[];
}

interface Provider {
  connect(uri: string, options: object): unknown;
}
// The SDK's own copies, not ours: it brings an older `mqtt`.
const requireOfTransport = createRequire(createRequire(import.meta.url).resolve('azure-iot-device-mqtt'));
const { MqttBase } = requireOfTransport('azure-iot-mqtt-base') as { MqttBase: new (provider: Provider) => object };
const mqtt = createRequire(requireOfTransport.resolve('azure-iot-mqtt-base'))('mqtt') as Provider;

let clients: device.Client[] = [];

function transportTo(port: number): typeof transport.Mqtt {
  return class extends transport.Mqtt {
    constructor(...[provider]: ConstructorParameters<typeof transport.Mqtt>) {
      super(provider, new MqttBase({ connect: (uri, options) => mqtt.connect(`${uri}:${port}`, options) }));
    }
  };
}

async function open(
  { hostName, ca }: SdkOptions,
  via: typeof transport.Mqtt,
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
export type SdkCalls = typeof handlers;
serve(handlers);
