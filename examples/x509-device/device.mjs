// A device that proves itself by a certificate, over AMQP: it answers the direct method `getStatus` and sends a message every ten seconds.
// Environment: IOTHUB_DEVICE_CONNECTION_STRING (it ends in x509=true), DEVICE_CERTIFICATE and DEVICE_KEY (PEM files).
import { readFileSync } from 'node:fs';
import common from 'azure-iot-common';
import device from 'azure-iot-device';
import transport from 'azure-iot-device-amqp';

const connectionString = process.env.IOTHUB_DEVICE_CONNECTION_STRING;
const { DEVICE_CERTIFICATE, DEVICE_KEY } = process.env;
if (!connectionString || !DEVICE_CERTIFICATE || !DEVICE_KEY) {
  throw new Error('set IOTHUB_DEVICE_CONNECTION_STRING, DEVICE_CERTIFICATE and DEVICE_KEY');
}

const client = device.Client.fromConnectionString(connectionString, transport.Amqp);
await client.setOptions({ cert: readFileSync(DEVICE_CERTIFICATE, 'utf8'), key: readFileSync(DEVICE_KEY, 'utf8') });
await client.open();
client.onDeviceMethod('getStatus', (request, response) => {
  console.log(`asked for the status (request ${request.requestId})`);
  response.send(200, { uptime: process.uptime() }, (error) => error && console.error(`answer not sent: ${error}`));
});
console.log('connected by certificate');

const send = async () => {
  const message = new common.Message(JSON.stringify({ temperature: 20 + Math.random() * 4 }));
  message.contentType = 'application/json';
  message.contentEncoding = 'utf-8';
  await client.sendEvent(message);
  console.log('message taken');
};
await send();
setInterval(() => send().catch((error) => console.error(`message not sent: ${error}`)), 10_000);
