// The groups by name, in the order in which they run.
import { connect } from './connect.ts';
import { facts } from './facts.ts';
import { fleet } from './fleet.ts';
import type { Group } from './group.ts';
import { invocations } from './invocations.ts';
import { jobs } from './jobs.ts';
import { memory } from './memory.ts';

export const groups = { invocations, connect, memory, fleet, facts, jobs } as const satisfies Record<string, Group>;
export type GroupName = keyof typeof groups;
