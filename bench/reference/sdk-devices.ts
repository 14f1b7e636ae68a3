// Devices of the official SDK as an application would write them, whatever carries them: an `echo` method and their twin.
import device from 'azure-iot-device';
import { residentKilobytes } from '../processes/serve.ts';

export interface SdkOptions {
  readonly hostName: string;
  readonly port: number;
  readonly ca: string;
  readonly devices: readonly { readonly id: string; readonly key: string }[];
}

type Transport = Parameters<typeof device.Client.fromConnectionString>[1];

/** The calls of a process that holds them. `transportTo` makes the SDK dial a port of the bench's own. */
export function sdkDevices(transportTo: (port: number) => Transport) {
  let clients: device.Client[] = [];

  async function open({ hostName, ca }: SdkOptions, via: Transport, id: string, key: string): Promise<void> {
    const client = device.Client.fromConnectionString(
      `HostName=${hostName};DeviceId=${id};SharedAccessKey=${key}`,
      via,
    );
    clients.push(client);
    await client.setOptions({ ca });
    await client.open();
    client.onDeviceMethod('echo', (request, response) => void response.send(200, request.payload));
    const twin = await client.getTwin();
    twin.on('properties.desired', () => {});
  }

  return {
    /** All at once; gives the seconds until the last one has its twin. */
    async connect(options: SdkOptions): Promise<number> {
      const via = transportTo(options.port);
      const begun = performance.now();
      await Promise.all(options.devices.map(({ id, key }) => open(options, via, id, key)));
      return (performance.now() - begun) / 1_000;
    },
    async disconnect(): Promise<void> {
      const leaving = clients;
      clients = [];
      await Promise.all(leaving.map((client) => client.close()));
    },
    memory: residentKilobytes,
  };
}
