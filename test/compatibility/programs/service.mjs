// Official SDK service calls for the tests: reads one JSON list of [object, method, ...arguments] from the command line, carries them out in
// order and prints one JSON line each: { value } or { error: { name, message, responseBody } }. Environment: IOTHUB_CONNECTION_STRING.
import service from 'azure-iothub';

const { IOTHUB_CONNECTION_STRING: text } = process.env;
const registry = service.Registry.fromConnectionString(text);
const client = service.Client.fromConnectionString(text);

const calls = {
  registry: (method, args) => registry[method](...args),
  client: (method, args) => client[method](...args),
  /** A twin read, then one of its methods: update(patch). */
  twin: async (method, [deviceId, ...args]) => (await registry.getTwin(deviceId)).responseBody[method](...args),
  /** All pages of a query, as a list of pages. */
  query: async (statement, [size]) => {
    const query = registry.createQuery(statement, size);
    const pages = [];
    while (query.hasMoreResults) pages.push((await query.nextAsTwin()).result.map((twin) => twin.deviceId));
    return pages;
  },
};

for (const [object, method, ...args] of JSON.parse(process.argv[2])) {
  try {
    const answer = await calls[object](method, args);
    const value = answer?.responseBody ?? answer?.result ?? answer;
    console.log(JSON.stringify({ value }, (key, inner) => (key.startsWith('_') ? undefined : inner)));
  } catch (error) {
    const { name, message, responseBody } = error;
    console.log(JSON.stringify({ error: { name, message, responseBody } }));
  }
}
client.close(() => {});
