// Answers by rule. A rule fits by the method's name and the payload; the first that fits, and whose turn it is, answers. How often each fitted is
// counted for each device, whoever answered.
import type { Stub } from '../vocabulary/specs.ts';
import { type DeviceActions, JsonText, jsonOf, type OnMethod } from './behaviours/behaviour.ts';
import type { MethodRequest } from './device.ts';
import { isObject } from './links/twin-json.ts';
import type { Own } from './own.ts';

export interface Stubs {
  answerTo(request: MethodRequest, own: Own): OnMethod | undefined;
}

/** What placeholders are filled with. */
interface Filling {
  readonly request: MethodRequest;
  readonly payload: unknown;
  readonly count: number;
  readonly device: DeviceActions;
}
type Template = (filling: Filling) => unknown;

export function makeStubs(specs: readonly Stub[]): Stubs {
  const rules = specs.map((stub) => ({ stub, named: namePattern(stub.method), body: bodyOf(stub.body) }));
  return {
    answerTo(request, own) {
      if (own.fits?.of !== rules) own.fits = { of: rules, counts: rules.map(() => 0) };
      const { counts } = own.fits;
      let payload: unknown;
      let parsed = false;
      let answer: OnMethod | undefined;
      rules.forEach(({ stub, named, body }, place) => {
        if (!named(request.name)) return;
        if (!parsed) {
          payload = jsonOf(request) ?? null;
          parsed = true;
        }
        if (stub.payload !== undefined && !hasAll(payload, stub.payload)) return;
        const count = (counts[place] ?? 0) + 1;
        counts[place] = count;
        if (answer !== undefined || (stub.nth !== undefined && stub.nth !== count)) return;
        answer = async (_request, device) => {
          if (stub.delay > 0) await device.wait(stub.delay);
          await device.reply(stub.status, body({ request, payload, count, device }));
        };
      });
      return answer;
    },
  };
}

/** `*` stands for any text, also none; everything else for itself. */
export function namePattern(pattern: string): (name: string) => boolean {
  if (pattern === '*') return () => true;
  if (!pattern.includes('*')) return (name) => name === pattern;
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop() ?? '';
  return (name) => {
    if (!name.startsWith(first) || !name.endsWith(last) || name.length < first.length + last.length) return false;
    // Each piece at its first place leaves the most for those after it.
    let from = first.length;
    const end = name.length - last.length;
    for (const piece of rest) {
      const at = name.indexOf(piece, from);
      if (at < 0 || at + piece.length > end) return false;
      from = at + piece.length;
    }
    return true;
  };
}

/** Whether `value` has all that is wanted: members of objects, whatever else they have; anything else is equal. */
export function hasAll(value: unknown, wanted: unknown): boolean {
  if (!isObject(wanted)) return equal(value, wanted);
  if (!isObject(value)) return false;
  return Object.keys(wanted).every((name) => Object.hasOwn(value, name) && hasAll(value[name], wanted[name]));
}

/** JSON values of the same content; the order of members says nothing. */
export function equal(one: unknown, other: unknown): boolean {
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((item, place) => equal(item, other[place]));
  }
  if (!isObject(one) || !isObject(other)) return one === other;
  const names = Object.keys(one);
  return (
    names.length === Object.keys(other).length &&
    names.every((name) => Object.hasOwn(other, name) && equal(one[name], other[name]))
  );
}

function bodyOf(body: unknown): Template {
  const template = templateOf(body);
  if (template !== undefined) return template;
  const text = new JsonText(JSON.stringify(body));
  return () => text;
}

/** Undefined for what holds no placeholder. */
function templateOf(value: unknown): Template | undefined {
  if (typeof value === 'string') return textTemplate(value);
  if (Array.isArray(value)) {
    const items = value.map((item) => templateOf(item) ?? (() => item));
    return value.some((item) => templateOf(item)) ? (filling) => items.map((item) => item(filling)) : undefined;
  }
  if (!isObject(value)) return undefined;
  const members = Object.entries(value).map(([name, member]) => [name, templateOf(member), member] as const);
  if (members.every(([, template]) => template === undefined)) return undefined;
  return (filling) =>
    Object.fromEntries(members.map(([name, template, member]) => [name, template ? template(filling) : member]));
}

const placeholder = /\{(deviceId|method|count|time|(?:payload|desired|reported)(?:\.[^{}.]+)*)\}/g;

function textTemplate(text: string): Template | undefined {
  const found = [...text.matchAll(placeholder)];
  const [first] = found;
  if (first === undefined) return undefined;
  // Exactly one placeholder takes the value as it is, with its own type.
  if (first[0] === text) return (filling) => fillingOf(first[1] as string, filling) ?? null;
  return (filling) =>
    text.replace(placeholder, (_all, path: string) => {
      const value = fillingOf(path, filling);
      return value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value);
    });
}

function fillingOf(path: string, { request, payload, count, device }: Filling): unknown {
  const [root, ...names] = path.split('.');
  switch (root) {
    case 'deviceId':
      return device.id;
    case 'method':
      return request.name;
    case 'count':
      return count;
    case 'time':
      return device.isoNow();
    case 'payload':
      return at(payload, names);
    default:
      return at(root === 'desired' ? device.twin.desired : device.twin.reported, names);
  }
}

const at = (value: unknown, names: readonly string[]): unknown =>
  names.reduce<unknown>(
    (inner, name) =>
      typeof inner === 'object' && inner !== null && Object.hasOwn(inner, name)
        ? (inner as Record<string, unknown>)[name]
        : undefined,
    value,
  );
