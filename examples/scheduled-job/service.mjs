// A service that schedules a direct method for every device a condition picks, waits for the end, and reads what each device answered.
// Environment: IOTHUB_CONNECTION_STRING (a policy with service connect and registry read and write, such as iothubowner);
// METHOD (reboot when left out), CONDITION (every device when left out).
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import service from 'azure-iothub';

const connectionString = process.env.IOTHUB_CONNECTION_STRING;
if (!connectionString) throw new Error('set IOTHUB_CONNECTION_STRING to a service connection string');
const { METHOD: methodName = 'reboot', CONDITION: condition = '*' } = process.env;

const jobs = service.JobClient.fromConnectionString(connectionString);
const registry = service.Registry.fromConnectionString(connectionString);
const id = randomUUID();
const over = ['completed', 'failed', 'cancelled'];

const method = { methodName, payload: null, responseTimeoutInSeconds: 30 };
await jobs.scheduleDeviceMethod(id, condition, method, new Date(), 300);
console.log(`scheduled job ${id}`);

let job;
do {
  await sleep(1_000);
  ({ jobStatus: job } = await jobs.getJob(id));
  const { deviceCount = 0, succeededCount = 0, failedCount = 0 } = job.deviceJobStatistics ?? {};
  console.log(`${job.status}: ${succeededCount} of ${deviceCount} succeeded, ${failedCount} failed`);
} while (!over.includes(job.status));
if (job.failureReason) console.log(job.failureReason);

const results = registry.createQuery(`SELECT * FROM devices.jobs WHERE devices.jobs.jobId = '${id}'`, 100);
while (results.hasMoreResults) {
  const { result } = await results.next();
  for (const { deviceId, status, outcome, error } of result) {
    const { status: said, payload } = outcome?.deviceMethodResponse ?? {};
    console.log(
      `${deviceId}: ${status}, ${said === undefined ? (error?.code ?? '') : `${said} ${JSON.stringify(payload)}`}`,
    );
  }
}
