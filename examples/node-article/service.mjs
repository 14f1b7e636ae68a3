// A back end as the device-management quickstart has its reader build it: it invokes `reboot`, then polls the twin for the reboot time.
// Environment: IOTHUB_CONNECTION_STRING (a policy with service connect and registry read), DEVICE_ID.
import service from 'azure-iothub';

const connectionString = process.env.IOTHUB_CONNECTION_STRING;
const deviceId = process.env.DEVICE_ID;
if (!connectionString || !deviceId) throw new Error('set IOTHUB_CONNECTION_STRING and DEVICE_ID');

const registry = service.Registry.fromConnectionString(connectionString);
const client = service.Client.fromConnectionString(connectionString);

// `timeoutInSeconds` is what the quickstart writes. The service does not know that field and ignores it; the default is 30 s as well.
client.invokeDeviceMethod(deviceId, { methodName: 'reboot', payload: null, timeoutInSeconds: 30 }, (error, result) => {
  if (error) {
    console.error(`reboot not invoked: ${error.name}: ${error.message}`);
    process.exit(1);
  }
  console.log(`the device answered ${result.status} ${JSON.stringify(result.payload)}`);
});

const poll = setInterval(() => {
  registry.getTwin(deviceId, (error, twin) => {
    if (error) return console.error(`twin not read: ${error.message}`);
    const reboot = twin.properties.reported.iothubDM?.reboot;
    if (!reboot) return console.log('waiting for the device to report its last reboot');
    console.log(`last reboot: ${reboot.lastReboot}`);
    clearInterval(poll);
    client.close(() => {});
  });
}, 2_000);
