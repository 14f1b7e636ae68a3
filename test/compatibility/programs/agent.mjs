// An official SDK device or module that does what it is told, line by line on its standard input: one JSON object each, { do, ... }.
// Every order is answered by one line { did, ... } or { did, error }; what happens by itself is a line { saw, ... }.
// Environment: CONNECTION_STRING; TRANSPORT: mqtt, mqtt-ws, amqp, amqp-ws, http; MODULE: set for a module client; LIFETIME: seconds its tokens live,
// each replaced after a third of that; CERTIFICATE and KEY: PEM files for X.509; SETTLE: complete, reject, abandon.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import device from 'azure-iot-device';
import amqp from 'azure-iot-device-amqp';
import http from 'azure-iot-device-http';
import mqtt from 'azure-iot-device-mqtt';

const transports = {
  mqtt: mqtt.Mqtt,
  'mqtt-ws': mqtt.MqttWs,
  amqp: amqp.Amqp,
  'amqp-ws': amqp.AmqpWs,
  http: http.Http,
};
const { CONNECTION_STRING: text, TRANSPORT: transport, MODULE: module, LIFETIME: lifetime } = process.env;
const { CERTIFICATE: certificate, KEY: key } = process.env;
const Client = module ? device.ModuleClient : device.Client;
const say = (line) => console.log(JSON.stringify(line));
const textOf = (data) => Buffer.from(data ?? '').toString();
const propertiesOf = (message) =>
  Object.fromEntries(message.properties.propertyList.map(({ key, value }) => [key, value]));

const client = lifetime
  ? Client.fromAuthenticationProvider(
      device.SharedAccessKeyAuthenticationProvider.fromConnectionString(
        text,
        Number(lifetime),
        Math.ceil((lifetime * 2) / 3),
      ),
      transports[transport],
    )
  : Client.fromConnectionString(text, transports[transport]);
// What is refused shall be said at once instead of being tried for four minutes.
client.setRetryPolicy({ shouldRetry: () => false, nextRetryTimeout: () => 0 });
client.on('disconnect', () => say({ saw: 'disconnect' }));
client.on('error', (error) => say({ saw: 'error', name: error.name, message: error.message }));

const sent = { complete: 0, reject: 0, abandon: 0 };
let settlement = process.env.SETTLE ?? 'complete';
const answers = {
  echo: (request, response) => response.send(200, request.payload),
  large: (_request, response) => response.send(200, 'x'.repeat(127 * 1024)),
  empty: (_request, response) => response.send(200),
  teapot: (_request, response) => response.send(418, 'short and stout'),
};
let twin;

const orders = {
  async open() {
    const options = transport === 'http' ? { http: { receivePolicy: { interval: 1 } } } : {};
    if (certificate)
      Object.assign(options, { cert: readFileSync(certificate, 'utf8'), key: readFileSync(key, 'utf8') });
    if (Object.keys(options).length > 0) await client.setOptions(options);
    await client.open();
  },
  async listen() {
    for (const [name, answer] of Object.entries(answers)) {
      if (module) client.onMethod(name, answer);
      else client.onDeviceMethod(name, answer);
    }
  },
  async messages() {
    client.on(module ? 'inputMessage' : 'message', (...args) => {
      const message = args.at(-1);
      say({ saw: 'message', data: textOf(message.data), id: message.messageId, properties: propertiesOf(message) });
      const how = settlement;
      client[how](message, (error) => {
        if (error === null || error === undefined) sent[how] += 1;
        say({ saw: 'settled', how, ...(error ? { error: error.name } : {}) });
      });
    });
  },
  async settle({ how }) {
    settlement = how;
  },
  async telemetry({ data, properties = {}, output }) {
    const message = new device.Message(data);
    for (const [name, value] of Object.entries(properties)) message.properties.add(name, value);
    message.messageId = 'message-1';
    message.contentType = 'application/json';
    message.contentEncoding = 'utf-8';
    if (output) await client.sendOutputEvent(output, message);
    else await client.sendEvent(message);
  },
  batch: ({ data }) => client.sendEventBatch(data.map((one) => new device.Message(one))),
  async twin() {
    twin ??= await client.getTwin();
    if (twin.listenerCount('properties.desired') === 0)
      twin.on('properties.desired', (delta) => say({ saw: 'desired', delta }));
    return twin.properties;
  },
  report: ({ patch }) =>
    new Promise((resolve, reject) => {
      twin.properties.reported.update(patch, (error) => (error ? reject(error) : resolve()));
    }),
  close: () => client.close(),
};

for await (const line of createInterface({ input: process.stdin })) {
  const order = JSON.parse(line);
  try {
    const value = await orders[order.do](order);
    say({ did: order.do, value: order.do === 'twin' ? value : undefined });
  } catch (error) {
    say({ did: order.do, error: { name: error.name, message: error.message } });
  }
}
process.exit(0);
