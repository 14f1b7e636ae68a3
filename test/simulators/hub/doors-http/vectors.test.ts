// What the .NET, Java and Python service clients send over HTTPS and expect back, made by hand from the protocol sheet (sections 4 and 5):
// paths, headers, spellings and shapes that differ from one SDK to the next.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Hub, openHub } from '../../../../simulators/hub/hub.ts';
import { type Answer, asker, hubOptions } from '../hub/a-hub.ts';

interface Vector {
  readonly from: '.NET' | 'Java' | 'Python' | 'IoT Explorer';
  readonly says: string;
  readonly method: string;
  readonly path: string;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
  readonly status: number;
  /** Members the body must have. */
  readonly gives?: object;
  /** Holds what a shape does not say. */
  readonly check?: (answer: Answer) => void;
}

const version = 'api-version=2021-04-12';
const header = (answer: Answer, name: string) => answer.headers[name];

const vectors: readonly Vector[] = [
  {
    from: '.NET',
    says: 'a method call without timeouts, which a TimeSpan of zero leaves out, and a payload of null',
    method: 'POST',
    path: `/twins/nobody/methods?${version}`,
    body: { methodName: 'reboot', payload: null },
    status: 404,
    check: ({ error }) => expect(error).toMatchObject({ name: 'DeviceNotFound', number: 404_001 }),
  },
  {
    from: '.NET',
    says: 'the number in the body equals the name in the header, or ErrorCode reads InvalidErrorCode',
    method: 'POST',
    path: `/twins/dev/methods?${version}`,
    body: { methodName: 'reboot', responseTimeoutInSeconds: 5, payload: null },
    status: 404,
    check: ({ error }) => expect(error).toMatchObject({ name: 'DeviceNotOnline', number: 404_103 }),
  },
  {
    from: 'Java',
    says: 'a method call with its defaults of 200 s for both timeouts, refused at once where no device can wait',
    method: 'POST',
    path: `/twins/nobody/methods?${version}`,
    body: {
      methodName: 'reboot',
      responseTimeoutInSeconds: 200,
      connectTimeoutInSeconds: 200,
      payload: 'Test payload',
    },
    status: 404,
    check: ({ error }) => expect(error.number).toBe(404_001),
  },
  {
    from: 'Python',
    says: 'a method call with only the fields that were set',
    method: 'POST',
    path: `/twins/dev/methods?${version}`,
    body: { methodName: 'rebootDevice', payload: '{"method_number":"42"}' },
    status: 404,
    check: ({ error }) => expect(error.number).toBe(404_103),
  },
  {
    from: 'Java',
    says: 'a timeout out of range as a number the service explains',
    method: 'POST',
    path: `/twins/dev/methods?${version}`,
    body: { methodName: 'm', responseTimeoutInSeconds: 301, connectTimeoutInSeconds: 0, payload: {} },
    status: 400,
    check: ({ error }) =>
      expect(error).toMatchObject({ number: 400_004, message: 'responseTimeoutInSeconds must be within [5; 300].' }),
  },
  {
    from: '.NET',
    says: 'a list of devices with a slash before the question mark',
    method: 'GET',
    path: `/devices/?top=5&${version}`,
    status: 200,
    check: ({ body }) => expect(body).toEqual(expect.arrayContaining([expect.objectContaining({ deviceId: 'dev' })])),
  },
  {
    from: 'Java',
    says: 'a new device with its keys, a forced update and a deletion with a bare star',
    method: 'PUT',
    path: `/devices/java-device?${version}`,
    body: {
      deviceId: 'java-device',
      generationId: '',
      status: 'enabled',
      statusReason: '',
      etag: '',
      authentication: { type: 'sas', symmetricKey: { primaryKey: 'cHJpbWFyeQ==', secondaryKey: 'c2Vjb25kYXJ5' } },
      capabilities: { iotEdge: false },
    },
    status: 200,
    gives: { deviceId: 'java-device', authentication: { symmetricKey: { primaryKey: 'cHJpbWFyeQ==' } } },
  },
  {
    from: 'Java',
    says: 'If-Match as a bare star',
    method: 'DELETE',
    path: `/devices/java-device?${version}`,
    headers: { 'if-match': '*' },
    status: 204,
  },
  {
    from: '.NET',
    says: 'If-Match as a quoted star',
    method: 'PUT',
    path: `/devices/dev?${version}`,
    headers: { 'if-match': '"*"' },
    body: { deviceId: 'dev', status: 'enabled', scope: null, parentScopes: [] },
    status: 200,
    gives: { deviceId: 'dev', connectionState: 'Disconnected', cloudToDeviceMessageCount: 0 },
    check: (answer) => expect(header(answer, 'etag')).toMatch(/^"[A-Za-z0-9+/=]+"$/),
  },
  {
    from: '.NET',
    says: 'unset dates as the first of January of the year 1',
    method: 'GET',
    path: `/devices/dev?${version}`,
    status: 200,
    gives: { connectionStateUpdatedTime: '0001-01-01T00:00:00', lastActivityTime: '0001-01-01T00:00:00' },
  },
  {
    from: 'Python',
    says: 'bulk creation with import modes in lower case',
    method: 'POST',
    path: `/devices?${version}`,
    body: [
      { id: 'py-1', importMode: 'create', status: 'enabled', authentication: { type: 'sas', symmetricKey: {} } },
      { id: 'dev', moduleId: 'py-module', importMode: 'create', authentication: { type: 'sas', symmetricKey: {} } },
    ],
    status: 200,
    gives: { isSuccessful: true, errors: [] },
  },
  {
    from: '.NET',
    says: 'bulk deletion with import modes as .NET enumerations are spelt, one of them failing',
    method: 'POST',
    path: `/devices?${version}`,
    body: [
      { id: 'py-1', importMode: 'Delete' },
      { id: 'never-there', importMode: 'Delete' },
    ],
    status: 400,
    gives: { isSuccessful: false, errors: [{ deviceId: 'never-there', errorCode: 'DeviceNotFound' }] },
  },
  {
    from: '.NET',
    says: 'a query whose answer names its item type, case included, and no continuation on the last page',
    method: 'POST',
    path: `/devices/query?${version}`,
    headers: { 'x-ms-max-item-count': '100' },
    body: { query: "SELECT * FROM devices WHERE deviceId = 'dev'" },
    status: 200,
    check(answer) {
      expect(header(answer, 'x-ms-item-type')).toBe('Twin');
      expect(header(answer, 'x-ms-continuation')).toBeUndefined();
    },
  },
  {
    from: '.NET',
    says: 'a projection as Raw',
    method: 'POST',
    path: `/devices/query?${version}`,
    body: { query: 'SELECT deviceId FROM devices' },
    status: 200,
    check: (answer) => expect(header(answer, 'x-ms-item-type')).toBe('Raw'),
  },
  {
    from: '.NET',
    says: 'a replaced twin with tags and desired, etag quoted',
    method: 'PUT',
    path: `/twins/dev?${version}`,
    headers: { 'if-match': '"*"' },
    body: { deviceId: 'dev', tags: { floor: 3 }, properties: { desired: { rate: 1, $version: 7, $metadata: {} } } },
    status: 200,
    gives: { tags: { floor: 3 }, properties: { desired: { rate: 1, $version: 2 } } },
  },
  {
    from: 'Java',
    says: 'a twin patch that sends back the whole twin, reported included, which counts for nothing',
    method: 'PATCH',
    path: `/twins/dev?${version}`,
    body: { deviceId: 'dev', etag: '*', tags: { floor: 4 }, properties: { reported: { sneaked: 1 } } },
    status: 200,
    check: ({ body }) =>
      expect(body).toMatchObject({
        tags: { floor: 4 },
        properties: { reported: expect.not.objectContaining({ sneaked: 1 }) },
      }),
  },
  {
    from: 'Python',
    says: 'a stale etag as 412',
    method: 'PATCH',
    path: `/twins/dev?${version}`,
    headers: { 'if-match': '"AAAAAAAAAP8="' },
    body: { tags: { floor: 5 } },
    status: 412,
    check: ({ error }) => expect(error).toMatchObject({ name: 'PreconditionFailed', number: 412_001 }),
  },
  {
    from: '.NET',
    says: 'a module created under its device, with the shape of a module',
    method: 'PUT',
    path: `/devices/dev/modules/net-module?${version}`,
    body: {
      moduleId: 'net-module',
      deviceId: 'dev',
      managedBy: null,
      authentication: { type: 'sas', symmetricKey: {} },
    },
    status: 200,
    gives: { moduleId: 'net-module', deviceId: 'dev', connectionState: 'Disconnected' },
  },
  {
    from: 'Java',
    says: 'a job whose start time is ISO text with microseconds and a zone',
    method: 'PUT',
    path: `/jobs/v2/java-job?${version}`,
    body: {
      jobId: 'java-job',
      type: 'scheduleUpdateTwin',
      queryCondition: "deviceId IN ['dev']",
      updateTwin: { etag: '*', deviceId: 'dev', tags: {}, properties: { desired: { mode: 'x' } } },
      startTime: '2099-01-01T00:00:00.000000+00:00',
      maxExecutionTimeInSeconds: 100,
    },
    status: 200,
    gives: { jobId: 'java-job', type: 'scheduleUpdateTwin', status: 'scheduled' },
  },
  {
    from: '.NET',
    says: 'jobs by query as a bare array with the item type in a header',
    method: 'GET',
    path: `/jobs/v2/query?jobType=scheduleUpdateTwin&jobStatus=scheduled&${version}`,
    status: 200,
    check(answer) {
      expect(answer.body).toMatchObject([{ jobId: 'java-job' }]);
      expect(header(answer, 'x-ms-item-type')).toBe('JobResponse');
    },
  },
  {
    from: 'Python',
    says: 'a purge of the queue of a device',
    method: 'DELETE',
    path: `/devices/dev/commands?${version}`,
    status: 200,
    gives: { deviceId: 'dev', totalMessagesPurged: 0 },
  },
  {
    from: 'IoT Explorer',
    says: 'an api-version of its own',
    method: 'GET',
    path: '/twins/dev?api-version=2020-09-30',
    status: 200,
    gives: { deviceId: 'dev' },
  },
];

describe('over HTTPS the hub understands', () => {
  let hub: Hub;
  const answers = new Map<Vector, Answer>();
  beforeAll(async () => {
    hub = await openHub(hubOptions([]));
    const { send, close } = asker(hub);
    await send('PUT', '/devices/dev', { body: { deviceId: 'dev' } });
    // In order: some build on what others made.
    for (const vector of vectors) {
      const { method, path, headers, body } = vector;
      answers.set(
        vector,
        await send(method, path, { ...(headers && { headers }), ...(body === undefined ? {} : { body }) }),
      );
    }
    await close();
  });
  afterAll(() => hub.stop());

  test.each(vectors.map((vector) => [`${vector.from}: ${vector.says}`, vector] as const))('%s', (_title, vector) => {
    const answer = answers.get(vector) as Answer;
    expect(answer.status, answer.text).toBe(vector.status);
    if (vector.gives !== undefined) expect(answer.body).toMatchObject(vector.gives);
    vector.check?.(answer);
  });
});
