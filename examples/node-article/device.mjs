// A device as the device-management quickstart has its reader build it: it answers the direct method `reboot` and reports when it rebooted.
// Environment: IOTHUB_DEVICE_CONNECTION_STRING.
import device from 'azure-iot-device';
import transport from 'azure-iot-device-mqtt';

const connectionString = process.env.IOTHUB_DEVICE_CONNECTION_STRING;
if (!connectionString) throw new Error('set IOTHUB_DEVICE_CONNECTION_STRING to a device connection string');

const client = device.Client.fromConnectionString(connectionString, transport.Mqtt);

function onReboot(request, response) {
  response.send(200, 'Reboot started', (error) => {
    console.log(error ? `answer not sent: ${error}` : 'answered the reboot request');
  });

  const patch = { iothubDM: { reboot: { lastReboot: new Date().toISOString() } } };
  client.getTwin((error, twin) => {
    if (error) return console.error(`twin not read: ${error}`);
    twin.properties.reported.update(patch, (failed) => {
      console.log(failed ? `twin not updated: ${failed}` : 'reported the reboot time');
    });
  });

  console.log(`rebooting (request ${request.requestId})`);
}

client.open((error) => {
  if (error) {
    console.error(`could not connect: ${error}`);
    process.exit(1);
  }
  client.onDeviceMethod('reboot', onReboot);
  console.log('waiting for reboot');
});
