// Official SDK devices, many in one process, with the retry policy they come with. Orders on standard input, a line of JSON each, carried out side
// by side: { turn, do, id, ... }; each is answered by one line { turn, error? } when it is done. What happens by itself is a line { id, saw, ... }.
// Waits of 10 s and more are 20 times as short as the SDK asks for: it takes 45 s to believe that a closed AMQP connection is closed, and waits
// 10 s when it is throttled. Nothing else of it is touched.
import { createInterface } from 'node:readline';
import device from 'azure-iot-device';
import amqp from 'azure-iot-device-amqp';
import mqtt from 'azure-iot-device-mqtt';

const { setTimeout: wait } = globalThis;
globalThis.setTimeout = (run, ms = 0, ...args) => wait(run, ms >= 10_000 && ms < 600_000 ? ms / 20 : ms, ...args);

const transports = { mqtt: mqtt.Mqtt, 'mqtt-ws': mqtt.MqttWs, amqp: amqp.Amqp, 'amqp-ws': amqp.AmqpWs };
const say = (line) => console.log(JSON.stringify(line));
const named = (error) => (error ? { name: error.name, message: error.message } : undefined);

const members = new Map();

const orders = {
  async open({ id, text, transport }) {
    const client = device.Client.fromConnectionString(text, transports[transport]);
    members.set(id, { client, twin: undefined });
    client.on('connect', () => say({ id, saw: 'connect' }));
    client.on('disconnect', ({ transportObj }) => say({ id, saw: 'disconnect', error: named(transportObj) }));
    client.on('error', (error) => say({ id, saw: 'error', error: named(error) }));
    await client.open();
    await orders.listen({ id, method: 'echo' });
  },
  async listen({ id, method }) {
    members.get(id).client.onDeviceMethod(method, (request, response) => {
      say({ id, saw: 'call', method });
      response.send(200, request.payload, () => {});
    });
  },
  async messages({ id }) {
    const { client } = members.get(id);
    client.on('message', (message) => {
      say({ id, saw: 'message', data: Buffer.from(message.data).toString() });
      client.complete(message, () => {});
    });
  },
  async twin({ id }) {
    const member = members.get(id);
    const twin = await member.client.getTwin();
    if (member.twin === undefined) twin.on('properties.desired', (delta) => say({ id, saw: 'desired', delta }));
    member.twin = twin;
  },
  report: ({ id, patch }) =>
    new Promise((resolve, reject) => {
      members.get(id).twin.properties.reported.update(patch, (error) => (error ? reject(error) : resolve()));
    }),
  async telemetry({ id, properties = {}, count = 1 }) {
    const message = new device.Message('{}');
    for (const [name, value] of Object.entries(properties)) message.properties.add(name, value);
    await Promise.all(Array.from({ length: count }, () => members.get(id).client.sendEvent(message)));
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { turn, ...order } = JSON.parse(line);
  orders[order.do](order).then(
    () => say({ turn }),
    (error) => say({ turn, error: named(error) }),
  );
}
process.exit(0);
