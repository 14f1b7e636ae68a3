// Whatever is asked under a name of the contract, by a window or by the control API: parsed again, then answered by the handler or the view.
import type { z } from 'zod';
import {
  type CommandName,
  commands,
  type SubscriptionArgument,
  type SubscriptionName,
  subscriptions,
} from '../../preload/contract/contract.ts';
import type { Lab } from '../../simulators/lab/lab.ts';
import { LabError } from '../../simulators/vocabulary/errors.ts';
import { problemsOf } from '../../simulators/vocabulary/specs.ts';
import { type Bench, handlers } from './handlers.ts';

type View = { readonly [Name in SubscriptionName]: (lab: Lab, argument: SubscriptionArgument<Name>) => unknown };
const views: View = {
  totals: ({ views }) => views.totals(),
  fleet: ({ views }, query) => views.fleet(query),
  device: ({ views }, { device }) => views.device(device),
  traffic: ({ views }, query) => views.traffic(query),
  run: ({ views }, { run }) => views.run(run),
  hub: ({ views }) => views.hub(),
  jobs: ({ desk }, { hub }) => desk.of(hub).jobs.list(),
  job: ({ desk }, { job, hub }) => desk.of(hub).jobs.detail(job),
  messages: ({ desk }, { device }) => desk.messages.view(device),
};

/** Does a command. Rejects with LabError command.unknown, input.invalid naming every field that is wrong, or what the handler throws. */
export async function answerTo(bench: Bench, name: string, input: unknown): Promise<unknown> {
  if (!Object.hasOwn(commands, name)) throw new LabError('command.unknown', `there is no command '${name}'`);
  const known = name as CommandName;
  const handle = handlers[known] as (bench: Bench, argument: unknown) => unknown;
  return handle(bench, parse(commands[known].input, input));
}

/** Gives the function that computes a view's snapshot. Throws as `answerTo` rejects; what is not there is found out by looking. */
export function lookAt(lab: Lab, name: string, input: unknown): () => unknown {
  if (!Object.hasOwn(subscriptions, name)) throw new LabError('command.unknown', `there is no view '${name}'`);
  const known = name as SubscriptionName;
  const argument = parse(subscriptions[known].input, input);
  const view = views[known] as (lab: Lab, argument: unknown) => unknown;
  return () => view(lab, argument);
}

function parse(schema: z.ZodType, input: unknown): unknown {
  const parsed = schema.safeParse(input ?? {});
  if (!parsed.success) throw new LabError('input.invalid', sentence(parsed.error));
  return parsed.data;
}

export const sentence = (error: z.ZodError): string => problemsOf(error).join('; ');
