// The answers of a hub as the desk uses them: the value of one that was accepted, the sentence of one that was refused.
import type { ServiceAnswer } from '../invoker/invoker.ts';
import { LabError } from '../vocabulary/errors.ts';

export type Item = Readonly<Record<string, unknown>>;

/** Throws LabError hub.refused with the hub's sentence and our fix. */
export function accepted(answer: ServiceAnswer): ServiceAnswer {
  const { problem } = answer;
  if (problem === undefined) return answer;
  throw new LabError('hub.refused', `${problem.name}: ${firstLine(problem.message)}`, problem.explanation?.fix);
}

export const itemOf = (answer: ServiceAnswer): Item => objectOf(JSON.parse(accepted(answer).body));

export function itemsOf(answer: ServiceAnswer): readonly Item[] {
  const value: unknown = JSON.parse(accepted(answer).body);
  return Array.isArray(value) ? value.map(objectOf) : [];
}

export const objectOf = (value: unknown): Item =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Item) : {};

export const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** The hub shows the place below its sentence; here the sentence stands alone. */
export const firstLine = (text: string): string => text.split('\n', 1)[0] ?? '';
