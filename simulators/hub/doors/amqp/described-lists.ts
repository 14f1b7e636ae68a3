// What a peer sends where the protocol wants an outcome, or an end of a link: whether it is one at all.
import type { Composite, Typed } from './rhea-parts.ts';

const outcomes = new Set<unknown>([0x23, 0x24, 0x25, 0x26, 0x27])
  .add('amqp:received:list')
  .add('amqp:accepted:list')
  .add('amqp:rejected:list')
  .add('amqp:released:list')
  .add('amqp:modified:list');
const termini = new Set<unknown>([0x28, 0x29, 'amqp:source:list', 'amqp:target:list']);

const listBehind = (codes: ReadonlySet<unknown>, value: unknown): boolean => {
  const typed = value as (Typed & Partial<Composite>) | null | undefined;
  return codes.has(typed?.descriptor?.value) && Array.isArray(typed?.value);
};
export const isOutcome = (value: unknown): boolean => listBehind(outcomes, value);
export const isTerminus = (value: unknown): boolean => listBehind(termini, value);
