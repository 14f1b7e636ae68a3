// A client of the public service API, the same for the local hub and a remote one: methods, twins, identities, queries and jobs.
// What a hub refuses is a value here (ServiceAnswer), not an exception; only a hub that cannot be reached throws.
import { partsOf } from '../vocabulary/ids.ts';
import { seconds } from '../vocabulary/units.ts';
import type { BulkEntry } from './bulk.ts';
import {
  openServiceClient,
  type ServiceAnswer,
  type ServiceClientOptions,
  type ServiceRequest,
} from './service-client.ts';

export type { BulkEntry } from './bulk.ts';
export type { ServiceAnswer } from './service-client.ts';

/** An answer may come this much after the hub's own deadline before we give up on the connection. */
const slack = seconds(15);

export type InvokerOptions = ServiceClientOptions;

export interface MethodCall {
  readonly method: string;
  /** JSON text; undefined or blank sends `null`, as the official service SDKs do: the Node device SDK refuses a request without payload. */
  readonly payload?: string;
  /** Whole seconds. Left out of the request when undefined, so that the service's default counts. */
  readonly responseTimeout?: number;
  readonly connectTimeout?: number;
  readonly signal?: AbortSignal;
}

export interface MethodResult extends ServiceAnswer {
  /** The number the device chose; undefined when the hub refused. */
  readonly deviceStatus?: number;
  /** The device's payload as JSON text. */
  readonly payload?: string;
}

export interface Paging {
  /** 1 to 1000; the hub's own when left out. */
  readonly size?: number;
  /** Of the page before. */
  readonly continuation?: string;
}

/** What a job is to do: one of the two. */
export type JobAction =
  | { readonly method: Omit<MethodCall, 'signal'> }
  /** `{tags, properties: {desired}}`. */
  | { readonly twin: object };

export type JobRequest = JobAction & {
  /** The text after WHERE, or `*` for every device. */
  readonly condition: string;
  /** ISO 8601; at once when left out. */
  readonly startTime?: string;
  /** Whole seconds; the service's default is an hour. */
  readonly maxExecutionTime?: number;
};

export interface JobFilter extends Paging {
  readonly type?: 'scheduleDeviceMethod' | 'scheduleUpdateTwin';
  readonly status?: string;
}

/** Every `id` is a device's, or a module's (`device/module`). */
export interface Invoker {
  readonly hostName: string;
  invoke(id: string, call: MethodCall): Promise<MethodResult>;
  getTwin(id: string): Promise<ServiceAnswer>;
  patchTwin(id: string, patch: object, etag?: string): Promise<ServiceAnswer>;
  /** Tags and desired properties that the twin names are replaced as a whole. */
  replaceTwin(id: string, twin: object, etag?: string): Promise<ServiceAnswer>;
  getDevice(id: string): Promise<ServiceAnswer>;
  createDevice(id: string, body?: object): Promise<ServiceAnswer>;
  deleteDevice(id: string): Promise<ServiceAnswer>;
  listDevices(top: number): Promise<ServiceAnswer>;
  /** The modules of a device. */
  listModules(device: string): Promise<ServiceAnswer>;
  /** At most 100 entries. */
  bulk(entries: readonly BulkEntry[]): Promise<ServiceAnswer>;
  query(text: string, page?: Paging): Promise<ServiceAnswer>;
  /** Page after page; a refusal is the last of them. */
  queryPages(text: string, size?: number): AsyncIterable<ServiceAnswer>;
  scheduleJob(id: string, request: JobRequest): Promise<ServiceAnswer>;
  getJob(id: string): Promise<ServiceAnswer>;
  cancelJob(id: string): Promise<ServiceAnswer>;
  /** Newest first. */
  listJobs(filter?: JobFilter): Promise<ServiceAnswer>;
  /** Empties the queue of cloud-to-device messages. */
  purge(id: string): Promise<ServiceAnswer>;
  listConfigurations(top: number): Promise<ServiceAnswer>;
  /** `devices`: how many are registered; `service`: how many are connected. */
  statistics(of: 'devices' | 'service'): Promise<ServiceAnswer>;
  close(): Promise<void>;
}

export function openInvoker(options: InvokerOptions): Invoker {
  const { ask, hostName, close } = openServiceClient(options);

  const change = (method: 'PATCH' | 'PUT', id: string, body: object, etag: string | undefined): ServiceRequest => ({
    method,
    path: pathOf('twins', id),
    body,
    headers: { 'if-match': etag === undefined ? '*' : `"${etag}"` },
  });
  const query: Invoker['query'] = (text, page = {}) =>
    ask({ method: 'POST', path: '/devices/query', body: { query: text }, headers: pagingOf(page) });

  return {
    hostName,
    async invoke(id, call) {
      const answer = await ask({
        method: 'POST',
        path: `${pathOf('twins', id)}/methods`,
        body: methodBody(call),
        patience: seconds((call.responseTimeout ?? 30) + (call.connectTimeout ?? 0)) + slack,
        ...(call.signal === undefined ? {} : { signal: call.signal }),
      });
      return answer.problem === undefined ? { ...answer, ...deviceAnswer(answer.body) } : answer;
    },
    getTwin: (id) => ask({ method: 'GET', path: pathOf('twins', id) }),
    patchTwin: (id, patch, etag) => ask(change('PATCH', id, patch, etag)),
    replaceTwin: (id, twin, etag) => ask(change('PUT', id, twin, etag)),
    getDevice: (id) => ask({ method: 'GET', path: pathOf('devices', id) }),
    createDevice(id, body = {}) {
      const { device, module } = partsOf(id);
      const named = module === undefined ? { status: 'enabled' } : { moduleId: module };
      return ask({ method: 'PUT', path: pathOf('devices', id), body: { deviceId: device, ...named, ...body } });
    },
    deleteDevice: (id) => ask({ method: 'DELETE', path: pathOf('devices', id), headers: { 'if-match': '*' } }),
    listDevices: (top) => ask({ method: 'GET', path: `/devices?top=${top}` }),
    listModules: (device) => ask({ method: 'GET', path: `${pathOf('devices', device)}/modules` }),
    bulk: (entries) => ask({ method: 'POST', path: '/devices', body: entries }),
    query,
    async *queryPages(text, size) {
      let continuation: string | undefined;
      do {
        const page = await query(text, {
          ...(size === undefined ? {} : { size }),
          ...(continuation === undefined ? {} : { continuation }),
        });
        yield page;
        continuation = page.continuation;
      } while (continuation !== undefined);
    },
    scheduleJob: (id, request) => ask({ method: 'PUT', path: jobPath(id), body: jobBody(id, request) }),
    getJob: (id) => ask({ method: 'GET', path: jobPath(id) }),
    cancelJob: (id) => ask({ method: 'POST', path: `${jobPath(id)}/cancel` }),
    listJobs({ type, status, ...page } = {}) {
      const filter = Object.entries({ jobType: type, jobStatus: status })
        .flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`]))
        .join('&');
      const path = filter === '' ? jobPath('query') : `${jobPath('query')}?${filter}`;
      return ask({ method: 'GET', path, headers: pagingOf(page) });
    },
    purge: (id) => ask({ method: 'DELETE', path: `${pathOf('devices', id)}/commands` }),
    listConfigurations: (top) => ask({ method: 'GET', path: `/configurations?top=${top}` }),
    statistics: (of) => ask({ method: 'GET', path: `/statistics/${of}` }),
    close,
  };
}

function pathOf(collection: 'devices' | 'twins', id: string): string {
  const { device, module } = partsOf(id);
  const path = `/${collection}/${encodeURIComponent(device)}`;
  return module === undefined ? path : `${path}/modules/${encodeURIComponent(module)}`;
}

const jobPath = (id: string): string => `/jobs/v2/${encodeURIComponent(id)}`;

const pagingOf = ({ size, continuation }: Paging): Record<string, string> => ({
  ...(size === undefined ? {} : { 'x-ms-max-item-count': String(size) }),
  ...(continuation === undefined ? {} : { 'x-ms-continuation': continuation }),
});

/** The payload goes in as the text the user wrote, so that big integers and key order survive. */
function methodBody(call: Omit<MethodCall, 'signal'>): string {
  const fields = [`"methodName":${JSON.stringify(call.method)}`];
  if (call.responseTimeout !== undefined) fields.push(`"responseTimeoutInSeconds":${call.responseTimeout}`);
  if (call.connectTimeout !== undefined) fields.push(`"connectTimeoutInSeconds":${call.connectTimeout}`);
  fields.push(`"payload":${call.payload?.trim() ? call.payload : 'null'}`);
  return `{${fields.join(',')}}`;
}

function jobBody(id: string, request: JobRequest): string {
  const { condition, startTime, maxExecutionTime } = request;
  const action =
    'method' in request
      ? `"type":"scheduleDeviceMethod","cloudToDeviceMethod":${methodBody(request.method)}`
      : `"type":"scheduleUpdateTwin","updateTwin":${JSON.stringify({ etag: '*', ...request.twin })}`;
  const rest = {
    queryCondition: condition,
    startTime: startTime ?? null,
    ...(maxExecutionTime === undefined ? {} : { maxExecutionTimeInSeconds: maxExecutionTime }),
  };
  return `{"jobId":${JSON.stringify(id)},${action},${JSON.stringify(rest).slice(1)}`;
}

/** `{"status":n,"payload":...}`; a hub splices the device's bytes unchecked, so the whole may not be JSON (reference 5.3). */
function deviceAnswer(body: string): { deviceStatus?: number; payload: string } {
  const spliced = /^\s*\{\s*"status"\s*:\s*(-?\d+)\s*,\s*"payload"\s*:\s*([\s\S]*)\}\s*$/.exec(body);
  if (spliced !== null) return { deviceStatus: Number(spliced[1]), payload: (spliced[2] ?? '').trim() };
  try {
    const { status, payload } = JSON.parse(body) as { status?: unknown; payload?: unknown };
    return {
      ...(typeof status === 'number' ? { deviceStatus: status } : {}),
      payload: JSON.stringify(payload ?? null),
    };
  } catch {
    return { payload: body };
  }
}
