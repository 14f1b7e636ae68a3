// An official SDK device for the tests. Environment: IOTHUB_DEVICE_CONNECTION_STRING, ANSWER: `echo`, `never`, `text`, `empty`, `none` (no listener), `large`;
// LIFETIME: seconds its tokens live, each replaced after a third of that.
// Says what happened, one line each: `connected`, `listening`, `desired {...}`, `reported`, `disconnected`, `error Name: message`.
import device from 'azure-iot-device';
import transport from 'azure-iot-device-mqtt';

const { IOTHUB_DEVICE_CONNECTION_STRING: text, LIFETIME: lifetime } = process.env;
const renewing = (seconds) =>
  device.SharedAccessKeyAuthenticationProvider.fromConnectionString(text, seconds, Math.ceil((seconds * 2) / 3));
const client = lifetime
  ? device.Client.fromAuthenticationProvider(renewing(Number(lifetime)), transport.Mqtt)
  : device.Client.fromConnectionString(text, transport.Mqtt);
// A refused device shall say so at once instead of trying for four minutes.
client.setRetryPolicy({ shouldRetry: () => false, nextRetryTimeout: () => 0 });
const answers = {
  echo: (request, response) => response.send(200, request.payload),
  text: (_request, response) => response.send(418, 'short and stout'),
  object: (_request, response) => response.send(200, { nested: { list: [1, 2, 3] } }),
  empty: (_request, response) => response.send(200),
  large: (_request, response) => response.send(200, 'x'.repeat(127 * 1024)),
  never: () => {},
};
const say = (...words) => console.log(words.join(' '));

client.on('connect', () => say('connected'));
client.on('disconnect', () => say('disconnected'));
client.on('error', (error) => say('error', `${error.name}: ${error.message}`));
try {
  await client.open();
  const answer = answers[process.env.ANSWER ?? 'echo'];
  if (answer) client.onDeviceMethod('work', answer);
  const twin = await client.getTwin();
  twin.on('properties.desired', (delta) => say('desired', JSON.stringify(delta)));
  twin.properties.reported.update({ firmware: '1.2.3', nested: { gone: 1, stays: 2 } }, (error) => {
    if (error) return say('error', error.message);
    twin.properties.reported.update({ nested: { gone: null } }, (failed) =>
      say(failed ? `error ${failed.message}` : 'reported'),
    );
  });
  say('listening');
} catch (error) {
  say('refused', `${error.name}: ${error.message}`);
  process.exit(3);
}
process.on('SIGTERM', () => client.close(() => process.exit(0)));
