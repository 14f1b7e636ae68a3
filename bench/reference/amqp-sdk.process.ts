// Devices of the official SDK over AMQP, except that they dial the port they are given: the SDK knows only 5671.
import { createRequire } from 'node:module';
import type device from 'azure-iot-device';
import { serve } from '../processes/serve.ts';
import { sdkDevices } from './sdk-devices.ts';

type Transport = Parameters<typeof device.Client.fromConnectionString>[1];
interface BaseAmqp {
  connect(config: { uri: string }, ...rest: unknown[]): unknown;
}
// Loaded from node_modules when it runs, as any program would.
const require = createRequire(import.meta.url);
const transport = require('azure-iot-device-amqp') as { Amqp: new (provider: unknown, base?: BaseAmqp) => Transport };
const requireOfTransport = createRequire(require.resolve('azure-iot-device-amqp'));
const { Amqp: Base } = requireOfTransport('azure-iot-amqp-base') as { Amqp: new (autoSettle: boolean) => BaseAmqp };

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

const handlers = sdkDevices(transportTo);
export type AmqpSdkCalls = typeof handlers;
serve(handlers);
