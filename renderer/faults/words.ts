// Faults said in plain words, the same in banner, list and tooltip.
import type { Distribution, FaultSettings, FaultSpec } from '../connection/shapes.ts';
import { count, percent, setMillis } from '../widgets/format.ts';
import type { Field, Form } from '../widgets/schema/shape.ts';
import { type FaultKind, formOfKind } from './kinds.ts';

export const titleOf = (kind: FaultKind): string => formOfKind(kind).title;

export function describeDelay(delay: Distribution): string {
  switch (delay.kind) {
    case 'fixed':
      return setMillis(delay.ms);
    case 'uniform':
      return `${setMillis(delay.low)} to ${setMillis(delay.high)}`;
    case 'normal':
      return `normal, ${setMillis(delay.mean)} ± ${setMillis(delay.deviation)}`;
    case 'log-normal':
      return `log-normal, median ${setMillis(delay.median)}, sigma ${delay.sigma}`;
    case 'pareto':
      return `Pareto, from ${setMillis(delay.least)}, shape ${delay.shape}`;
    case 'spike':
      return `${setMillis(delay.base)}, ${percent(delay.probability)} of them ${setMillis(delay.spike)}`;
    case 'replay':
      return `replay of ${count(delay.samples.length)} samples`;
  }
}

/** What it is set to; '' where it is set with nothing. */
export function describeSettings(settings: FaultSettings): string {
  return describeValues(formOfKind(settings.kind), settings as unknown as Readonly<Record<string, unknown>>);
}

/** The values of a form that say something: one alone without its name where its control says what it is. */
export function describeValues(form: Form, values: Readonly<Record<string, unknown>>): string {
  return form.fields
    .map((field) => describeField(field, values[field.name], form))
    .filter(Boolean)
    .join(', ');
}

function describeField(field: Field, value: unknown, form: Form): string {
  const { shape } = field;
  const called = field.label.toLowerCase();
  if (value === undefined || value === null) return '';
  switch (shape.kind) {
    case 'distribution': {
      const alone = form.fields.filter((each) => each.shape.kind === 'distribution').length === 1;
      return alone ? describeDelay(value as Distribution) : `${called} ${describeDelay(value as Distribution)}`;
    }
    case 'number':
      // What holds nothing up says nothing.
      if (shape.unit === 'ms') return value === 0 ? '' : `${called} ${signed(Number(value))}`;
      if (shape.unit === '%') return `${called} ${percent(Number(value))}`;
      return `${called} ${count(Number(value))}${shape.unit === undefined ? '' : ` ${shape.unit}`}`;
    case 'choice':
    case 'text':
      return `${called} ${String(value)}`;
    case 'choices':
    case 'texts':
      return (value as readonly string[]).length === 0 ? '' : (value as readonly string[]).join(', ');
    case 'json': {
      const text = JSON.stringify(value);
      return text === '{}' ? '' : `${called} ${text.length > 40 ? `${text.slice(0, 39)}…` : text}`;
    }
    default:
      return '';
  }
}

const signed = (value: number): string => (value < 0 ? `−${setMillis(-value)}` : setMillis(value));

export function describeTarget(on: FaultSpec['on']): string {
  if (on.device) return on.device;
  const whole = on.fleet ? `fleet ${on.fleet}` : 'all devices';
  const picked = on.tags ? `${whole} where ${on.tags}` : whole;
  return on.share < 1 ? `${percent(on.share)} of ${picked}` : picked;
}

const events = {
  connected: 'it connected',
  called: 'it was called',
  rebooted: 'it went dark',
  desired: 'its desired properties changed',
} as const;

/** '' for always. */
export function describeWhen(when: FaultSpec['when']): string {
  const { probability, every, first, from, until, after } = when;
  const parts: string[] = [];
  if (probability < 1) parts.push(`${percent(probability)} of the time`);
  if (every > 1) parts.push(`every ${ordinal(every)} time`);
  if (first !== undefined) parts.push(first === 1 ? 'the first time' : `the first ${count(first)} times`);
  if (from !== undefined) parts.push(`from ${setMillis(from)} on`);
  if (until !== undefined) parts.push(`until ${setMillis(until)}`);
  if (after) {
    const what = after.method === undefined ? events[after.event] : `${after.method} was called`;
    const begin = after.delay > 0 ? `from ${setMillis(after.delay)} after` : 'after';
    parts.push(`for ${setMillis(after.lasting)} ${begin} ${what}`);
  }
  return parts.join(', ');
}

export function ordinal(value: number): string {
  const teen = value % 100 >= 11 && value % 100 <= 13;
  const ending = teen ? 'th' : (['th', 'st', 'nd', 'rd'][value % 10] ?? 'th');
  return `${count(value)}${ending}`;
}
