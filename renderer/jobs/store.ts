// Which job is shown, and the form of the next one. What was written stays when the screen is left; the parts worth it across restarts.
import { create } from 'zustand';
import { persist } from 'zustand/middleware';
import { client } from '../connection/client.ts';
import type { CommandInput } from '../connection/shapes.ts';
import { chosenHub } from '../query/hub-choice.ts';
import { jsonProblem } from '../widgets/JsonEditor.tsx';

export type Shown =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'new' }
  | { readonly kind: 'job'; readonly job: string };

export interface Draft {
  readonly kind: 'method' | 'twin';
  readonly method: string;
  readonly payload: string;
  readonly responseTimeout: number;
  readonly connectTimeout: number;
  /** `{tags, properties: {desired}}` as text. */
  readonly twin: string;
  readonly condition: string;
  readonly when: 'now' | 'later';
  /** As a field for date and time gives it, in the time of this machine. */
  readonly startAt: string;
  readonly maxSeconds: number;
  /** Blank lets one be made up. */
  readonly id: string;
  /** The remote hub on which a job may pick devices that are not run here. */
  readonly confirmed: string | undefined;
}

interface JobsState extends Draft {
  readonly shown: Shown;
  show(shown: Shown): void;
  change(change: Partial<Draft>): void;
}

export const useJobs = create<JobsState>()(
  persist(
    (set) => ({
      shown: { kind: 'nothing' },
      kind: 'method',
      method: 'reboot',
      payload: '',
      responseTimeout: 30,
      connectTimeout: 0,
      twin: '{\n  "properties": { "desired": { "interval": 10 } }\n}',
      condition: '*',
      when: 'now',
      startAt: '',
      maxSeconds: 3_600,
      id: '',
      confirmed: undefined,
      show: (shown) => set({ shown }),
      change: (change) => set(change),
    }),
    {
      name: 'hubfleet.jobs',
      version: 1,
      partialize: ({ kind, method, payload, responseTimeout, connectTimeout, twin, condition, maxSeconds }) => ({
        ...{ kind, method, payload, responseTimeout, connectTimeout, twin, condition, maxSeconds },
      }),
    },
  ),
);

export type Problems = Partial<Record<keyof Draft, string>>;

/** The ranges of the service, said beside the field before anything is sent. */
export function problemsOf(draft: Draft, now: number): Problems {
  const problems: Problems = {};
  const whole = (
    field: 'responseTimeout' | 'connectTimeout' | 'maxSeconds',
    name: string,
    least: number,
    most: number,
  ) => {
    const value = draft[field];
    if (!Number.isInteger(value) || value < least || value > most) {
      problems[field] = `${name}: ${Number.isNaN(value) ? 'empty' : value} is not ${least} to ${most} s.`;
    }
  };
  if (draft.kind === 'method') {
    if (!/^[!#-'*+\-.0-9A-Z^_`a-z|~&%]{1,100}$/.test(draft.method)) {
      problems.method =
        draft.method === '' ? 'Name a method.' : 'Method: 1 to 100 printable characters, no spaces or brackets.';
    }
    const payload = jsonProblem(draft.payload, 'Payload');
    if (payload) problems.payload = payload;
    whole('responseTimeout', 'Response timeout', 5, 300);
    whole('connectTimeout', 'Connect timeout', 0, 300);
  } else {
    const twin = twinProblem(draft.twin);
    if (twin) problems.twin = twin;
  }
  whole('maxSeconds', 'Longest run', 1, 2_147_483_647);
  if (draft.when === 'later') {
    const at = Date.parse(draft.startAt);
    if (Number.isNaN(at)) problems.startAt = 'Choose a date and a time.';
    else if (at < now) problems.startAt = 'This moment has passed; it would start now.';
  }
  if (draft.id !== '' && !/^[A-Za-z0-9\-:.+%_#*?!(),=@;$']{1,128}$/.test(draft.id)) {
    problems.id = "Id: 1 to 128 letters, digits or - : . + % _ # * ? ! ( ) , = @ ; $ '";
  }
  return problems;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function twinProblem(text: string): string | undefined {
  if (text.trim() === '') return 'Update: write what to set, such as {"tags": {"site": "north"}}.';
  const wrong = jsonProblem(text, 'Update');
  if (wrong) return wrong;
  const value: unknown = JSON.parse(text);
  if (!isObject(value)) return 'Update: expected an object, { ... }.';
  const other = Object.keys(value).find((key) => key !== 'tags' && key !== 'properties');
  if (other !== undefined) return `Update: "${other}" cannot be set by a job; tags and properties.desired can.`;
  if (value.tags !== undefined && value.tags !== null && !isObject(value.tags))
    return 'Update: tags must be an object.';
  if (value.properties !== undefined) {
    const properties = value.properties;
    if (!isObject(properties) || !isObject(properties.desired) || Object.keys(properties).length !== 1) {
      return 'Update: properties must be {"desired": { ... }} and nothing else.';
    }
  }
  return Object.keys(value).length === 0 ? 'Update: nothing is set.' : undefined;
}

/** Asks for the job and shows it. Throws Refused. */
export async function schedule(): Promise<void> {
  const draft = useJobs.getState();
  const { kind, method, payload, responseTimeout, connectTimeout, twin, condition, maxSeconds, id } = draft;
  const action: CommandInput<'job.create'>['action'] =
    kind === 'method'
      ? { kind, method: { method, payload, responseTimeout, connectTimeout } }
      : { kind, twin: JSON.parse(twin) };
  const hub = chosenHub();
  const { job } = await client.run('job.create', {
    ...{ action, condition, maxSeconds, ...hub },
    ...(hub.hub === undefined ? {} : { confirmRemote: draft.confirmed === hub.hub }),
    ...(draft.when === 'later' ? { startAt: Date.parse(draft.startAt) } : {}),
    ...(id === '' ? {} : { id }),
  });
  useJobs.setState({ shown: { kind: 'job', job }, id: '', when: 'now', confirmed: undefined });
}
