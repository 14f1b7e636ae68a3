// Official SDK service calls for the tests: reads one JSON list of [object, method, ...arguments] from its standard input, carries them out in
// order and prints one JSON line each: { value } or { error: { name, message, responseBody } }. Environment: IOTHUB_CONNECTION_STRING, or
// HOST and ENTRA_TOKEN to authenticate as an Entra principal.
import { text } from 'node:stream/consumers';
import device from 'azure-iot-device';
import service from 'azure-iothub';

const { IOTHUB_CONNECTION_STRING: connectionString, HOST: host, ENTRA_TOKEN: token } = process.env;
const credential = { getToken: async () => ({ token, expiresOnTimestamp: Date.now() + 3_600_000 }) };
const made = (Client) =>
  token ? Client.fromTokenCredential(host, credential) : Client.fromConnectionString(connectionString);
const registry = made(service.Registry);
const client = made(service.Client);
const jobs = made(service.JobClient);

const isTime = (value) => typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value);
/** The endings of a job, as they are told. */
const ended = ['completed', 'failed', 'cancelled'];

const calls = {
  registry: (method, args) => registry[method](...args),
  client: (method, args) => client[method](...args),
  jobs: (method, args) => jobs[method](...args.map((one) => (isTime(one) ? new Date(one) : one))),
  /** A twin read, then one of its methods: update(patch). */
  twin: async (method, [deviceId, ...args]) => (await registry.getTwin(deviceId)).responseBody[method](...args),
  moduleTwin: async (method, [deviceId, moduleId, ...args]) =>
    (await registry.getModuleTwin(deviceId, moduleId)).responseBody[method](...args),
  /** All pages of a query, as a list of pages. */
  query: async (statement, [size]) => {
    const query = registry.createQuery(statement, size);
    const pages = [];
    while (query.hasMoreResults) pages.push((await query.nextAsTwin()).result.map((twin) => twin.deviceId));
    return pages;
  },
  /** The first page of a query, as it came. */
  raw: async (statement) => (await registry.createQuery(statement, 100).next()).result,
  /** Waits until a job ended; gives how. */
  jobEnds: async (id) => {
    for (;;) {
      const { jobStatus: job } = await jobs.getJob(id);
      if (ended.includes(job.status)) return job;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  },
  jobList: async (type, [status]) => (await jobs.createQuery(type, status).next()).result.map(({ jobId }) => jobId),
  /** A message to a device: data and { messageId, ack, properties }. */
  send: async (deviceId, [data, { properties = {}, ...system } = {}]) => {
    const message = new device.Message(data);
    Object.assign(message, system);
    for (const [name, value] of Object.entries(properties)) message.properties.add(name, value);
    await client.open();
    await client.send(deviceId, message);
    return 'sent';
  },
  /** The next batch of feedback. */
  feedback: async () => {
    await client.open();
    const answer = await client.getFeedbackReceiver();
    const receiver = answer.result ?? answer;
    return new Promise((resolve, reject) => {
      receiver.on('errorReceived', reject);
      receiver.on('message', (message) => {
        receiver.complete(message, () => {});
        resolve(JSON.parse(Buffer.from(message.data ?? message.body).toString()));
      });
    });
  },
};

for (const [object, method, ...args] of JSON.parse(await text(process.stdin))) {
  try {
    const answer = await calls[object](method, args);
    const value = answer?.responseBody ?? answer?.jobStatus ?? answer?.result ?? answer;
    console.log(JSON.stringify({ value }, (key, inner) => (key.startsWith('_') ? undefined : inner)));
  } catch (error) {
    const { name, message, responseBody } = error;
    console.log(JSON.stringify({ error: { name, message, responseBody } }));
  }
}
client.close(() => process.exit(0));
