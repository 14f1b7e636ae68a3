// Jobs over devices that are only ids: a store, methods that the test answers and twins that remember their patches, on a virtual clock.
import { type JobsOptions, openJobs } from '../../../../simulators/hub/jobs/open-jobs.ts';
import type { MethodAnswer } from '../../../../simulators/hub/methods/methods.ts';
import { openStore, type Store } from '../../../../simulators/hub/store/store.ts';
import { type DeviceId, deviceId } from '../../../../simulators/vocabulary/ids.ts';
import { Refusal, refuse } from '../../../../simulators/vocabulary/service-errors.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';
import { Facts } from '../parts.ts';

export interface Called {
  readonly device: DeviceId;
  readonly body: string;
  answer(outcome?: MethodAnswer | Refusal): void;
}

export const answered = (status = 200, payload = 'null'): MethodAnswer => ({ status, payload: Buffer.from(payload) });
export const ids = (count: number): string[] => Array.from({ length: count }, (_, index) => `d${index}`);

export interface Opening extends Partial<JobsOptions> {
  /** Answers at once when set; else the test does, by `called`. */
  readonly answer?: (device: DeviceId) => MethodAnswer | Refusal;
  readonly devices?: readonly string[];
}

export function someJobs({ answer, devices = ids(3), ...change }: Opening = {}) {
  const clock = (change.clock ?? new VirtualClock()) as VirtualClock;
  const store: Store = change.store ?? openStore(undefined, clock.now());
  const facts = new Facts();
  const called: Called[] = [];
  const patched: { readonly device: DeviceId; readonly ifMatch: string | undefined }[] = [];
  const jobs = openJobs({
    emit: facts.emit,
    select: (condition) =>
      condition.startsWith('!') ? refuse('ArgumentInvalid', `'${condition}' is wrong`) : { ids: devices.map(deviceId) },
    methods: {
      invoke: (device, body) =>
        new Promise((resolve) => {
          const call = {
            device,
            body: body.toString(),
            answer: (outcome: MethodAnswer | Refusal = answered()) => resolve(outcome),
          };
          called.push(call);
          if (answer !== undefined) call.answer(answer(device));
        }),
    },
    twins: {
      patch(device, _body, ifMatch) {
        patched.push({ device, ifMatch });
        return device === 'gone' ? refuse('DeviceNotFound', 'not there') : { body: {}, etag: 'e' };
      },
      checkInitial: (body) =>
        'bad' in (body as object) ? refuse('ArgumentInvalid', 'tags: too deep.') : { reportedToo: false },
    },
    ...change,
    clock,
    store,
  });
  const create = (id: string, body: object = {}) => {
    const whole = {
      type: 'scheduleDeviceMethod',
      queryCondition: '*',
      cloudToDeviceMethod: { methodName: 'm' },
      ...body,
    };
    return jobs.create(id, whole) as Answered;
  };
  return {
    clock,
    store,
    facts,
    called,
    patched,
    jobs,
    create,
    get: (id: string) => jobs.get(id) as Answered,
    rows: () => [...jobs.deviceJobs()] as Record<string, unknown>[],
    statuses: () => facts.of('job.changed').map(({ job, status }) => `${job} ${status}`),
  };
}

export interface Answered {
  readonly jobId: string;
  readonly status: string;
  readonly failureReason?: string;
  readonly startTime: string;
  readonly endTime?: string;
  readonly deviceJobStatistics: Readonly<Record<string, number>>;
}

export const refusal = (outcome: unknown): Refusal => {
  if (outcome instanceof Refusal) return outcome;
  throw new Error(`not refused: ${JSON.stringify(outcome)}`);
};
