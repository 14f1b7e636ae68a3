// Devices of the official SDK over MQTT, except that they dial the port they are given: the SDK knows only 8883.
import { createRequire } from 'node:module';
import transport from 'azure-iot-device-mqtt';
import { serve } from '../processes/serve.ts';
import { sdkDevices } from './sdk-devices.ts';

interface Provider {
  connect(uri: string, options: object): unknown;
}
// The SDK's own copies, not ours: it brings an older `mqtt`.
const requireOfTransport = createRequire(createRequire(import.meta.url).resolve('azure-iot-device-mqtt'));
const { MqttBase } = requireOfTransport('azure-iot-mqtt-base') as { MqttBase: new (provider: Provider) => object };
const mqtt = createRequire(requireOfTransport.resolve('azure-iot-mqtt-base'))('mqtt') as Provider;

function transportTo(port: number): typeof transport.Mqtt {
  return class extends transport.Mqtt {
    constructor(...[provider]: ConstructorParameters<typeof transport.Mqtt>) {
      super(provider, new MqttBase({ connect: (uri, options) => mqtt.connect(`${uri}:${port}`, options) }));
    }
  };
}

const handlers = sdkDevices(transportTo);
export type SdkCalls = typeof handlers;
serve(handlers);
