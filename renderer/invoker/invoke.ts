// Presses the button: reads the form as it stands, asks the host to run it, keeps the run. What is wrong is said before anything is sent.
import { create } from 'zustand';
import { client, type Refused, refusedBy } from '../connection/client.ts';
import type { CommandInput, Totals } from '../connection/shapes.ts';
import { useFleet } from '../store/fleet.ts';
import { type InvokeTarget, useInvoker } from '../store/invoker.ts';
import { useWindow } from '../store/window.ts';
import { jsonProblem } from '../widgets/JsonEditor.tsx';

interface Sending {
  readonly busy: boolean;
  readonly problem: Refused | undefined;
}
export const useSending = create<Sending>()(() => ({ busy: false, problem: undefined }));

/** The devices a 'selection' means: what is selected, or else the open device. */
export function selectedDevices(selected: ReadonlySet<string>, open: string | undefined): string[] {
  if (selected.size > 0) return [...selected];
  return open ? [open] : [];
}

export interface FormProblems {
  readonly target?: string;
  readonly method?: string;
  readonly payload?: string;
  readonly responseTimeout?: string;
  readonly connectTimeout?: string;
  readonly concurrency?: string;
}

/** The same ranges as the contract's, said beside the field before anything is sent. */
export function formProblems(
  form: Pick<
    ReturnType<typeof useInvoker.getState>,
    'method' | 'payload' | 'responseTimeout' | 'connectTimeout' | 'concurrency'
  >,
): FormProblems {
  const problems: { -readonly [Key in keyof FormProblems]: string } = {};
  if (!/^[!#-'*+\-.0-9A-Z^_`a-z|~&%]{1,100}$/.test(form.method)) {
    problems.method =
      form.method === '' ? 'Name a method.' : 'Method: 1 to 100 printable characters, no spaces or brackets.';
  }
  const payload =
    new TextEncoder().encode(form.payload).length > 131_072
      ? 'Payload: at most 128 KB (131072 bytes).'
      : jsonProblem(form.payload, 'Payload');
  if (payload) problems.payload = payload;
  const ranges = [
    ['responseTimeout', 'Response timeout', 5, 300, ' s'],
    ['connectTimeout', 'Connect timeout', 0, 300, ' s'],
    ['concurrency', 'At once', 1, 1_000, ''],
  ] as const;
  for (const [field, name, least, most, unit] of ranges) {
    const value = form[field];
    if (!Number.isInteger(value) || value < least || value > most) {
      problems[field] = `${name}: ${Number.isNaN(value) ? 'empty' : value} is not ${least} to ${most}${unit}.`;
    }
  }
  return problems;
}

export function targetSize(target: InvokeTarget, totals: Totals | undefined, selected: number): number {
  if (target.kind === 'selection') return selected;
  if (target.kind === 'all') return totals?.devices.total ?? 0;
  return totals?.fleets.find((fleet) => fleet.name === target.fleet)?.identities ?? 0;
}

const devicesNow = () => selectedDevices(useFleet.getState().selected, useWindow.getState().device);

export function canInvoke(): boolean {
  const form = useInvoker.getState();
  return (
    !useSending.getState().busy &&
    targetSize(form.target, client.peek('totals', {}), devicesNow().length) > 0 &&
    Object.keys(formProblems(form)).length === 0
  );
}

export async function invoke(): Promise<void> {
  if (!canInvoke()) return;
  const { target, method, payload, responseTimeout, connectTimeout, concurrency, started } = useInvoker.getState();
  const input: CommandInput<'run.start'> = {
    target: target.kind === 'selection' ? { kind: 'devices', devices: devicesNow() } : target,
    method,
    payload,
    responseTimeout,
    connectTimeout,
    concurrency,
  };
  useSending.setState({ busy: true, problem: undefined });
  try {
    started((await client.run('run.start', input)).run);
    useSending.setState({ busy: false });
  } catch (error) {
    useSending.setState({ busy: false, problem: refusedBy(error) });
  }
}
