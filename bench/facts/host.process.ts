// The host's side of the facts: reads what a worker thread sends and gives it to journal and metrics. Says what the whole process spent.
import { Worker } from 'node:worker_threads';
import { anchorNow } from '../../simulators/clock/system.ts';
import { Journal } from '../../simulators/journal/journal.ts';
import { openThread } from '../../simulators/lab/workers/channel.ts';
import { Metrics } from '../../simulators/metrics/metrics.ts';
import { serve } from '../processes/serve.ts';
import type { FactsCalls } from './facts.worker.ts';

export interface FactsRun {
  readonly perSecond: number;
  readonly seconds: number;
}
export interface FactsCost {
  /** Share of one core, 0 to 1, over what making the facts costs. */
  readonly share: number;
  readonly arrived: number;
}

const journal = new Journal();
const metrics = new Metrics();
let arrived = 0;
const thread = openThread<FactsCalls>(new Worker(new URL('./facts.worker.mjs', import.meta.url)), {
  label: 'facts worker',
  onFacts: (facts) => {
    arrived += facts.length;
    for (const fact of facts) {
      journal.record(fact);
      metrics.record(fact);
    }
  },
  onShed: (count) => {
    throw new Error(`${count} facts were shed; the figure would mean nothing`);
  },
  onFailure: (error) => {
    throw error;
  },
});
const anchor = anchorNow();

/** CPU seconds of all threads while the worker makes facts. */
async function spent(run: FactsRun, deliver: boolean): Promise<number> {
  const before = process.cpuUsage();
  await thread.call('run', { ...run, anchor, deliver });
  await new Promise((resolve) => setTimeout(resolve, 100));
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

const handlers = {
  async measure(run: FactsRun): Promise<FactsCost> {
    const making = await spent(run, false);
    arrived = 0;
    const all = await spent(run, true);
    const wanted = run.perSecond * run.seconds;
    if (arrived < wanted) throw new Error(`${arrived} of ${wanted} facts arrived`);
    return { share: Math.max(0, all - making) / run.seconds, arrived };
  },
};
export type FactsHostCalls = typeof handlers;
serve(handlers);
