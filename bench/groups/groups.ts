// The groups by name, in the order in which they run.
import { amqp } from './amqp.ts';
import { connect } from './connect.ts';
import { facts } from './facts.ts';
import { faults } from './faults.ts';
import { fleet } from './fleet.ts';
import type { Group } from './group.ts';
import { invocations } from './invocations.ts';
import { jobs } from './jobs.ts';
import { memory } from './memory.ts';
import { query } from './query.ts';

export const groups = {
  invocations,
  connect,
  memory,
  fleet,
  facts,
  amqp,
  query,
  jobs,
  faults,
} as const satisfies Record<string, Group>;
export type GroupName = keyof typeof groups;
