// Forms that are made from schemas: every kind of fault and behaviour gets a control for each of its fields, with range, unit and default.
import { expect, test } from 'vitest';
import { z } from 'zod';
import {
  acknowledgeSchema,
  behaviourSchemas,
  faultKinds,
  faultSchemas,
  jsonSchemaOf,
  methodsSchema,
  whenSchema,
} from '../../preload/contract/spec-forms.ts';
import { type Form, firstValue, formOf, labelOf } from '../../renderer/widgets/schema/shape.ts';

const faultForm = (kind: (typeof faultKinds)[number]) => formOf(jsonSchemaOf(faultSchemas[kind]));
const fieldOf = (form: Form, name: string) => form.fields.find((field) => field.name === name);

test('every kind of fault has a title, a description and a control for each field; JSON is written only where anything goes', () => {
  const written = faultKinds.flatMap((kind) => {
    const form = faultForm(kind);
    expect(form.kind).toBe(kind);
    expect(form.title).not.toBe(kind);
    expect(form.description).not.toBe('');
    for (const field of form.fields) expect(field.hint, `${kind} ${field.name}`).toBeTruthy();
    return form.fields.filter(({ shape }) => shape.kind === 'json').map(({ name }) => `${kind} ${name}`);
  });
  expect(written).toEqual(['reply.body body']);
});

test('a new fault of any kind can be added as it stands, but for what only its author knows', () => {
  const wanting = faultKinds.filter((kind) => !faultSchemas[kind].safeParse(firstValue(faultForm(kind))).success);
  expect(wanting).toEqual(['link.bandwidth', 'link.skewed-clock']);
});

test('a new behaviour of any kind can be taken as it stands, but for the file of your own', () => {
  const wanting = behaviourSchemas
    .map((schema) => ({ schema, form: formOf(jsonSchemaOf(schema)) }))
    .filter(({ schema, form }) => !schema.safeParse(firstValue(form)).success)
    .map(({ form }) => form.kind);
  expect(wanting).toEqual(['module']);
});

test('several behaviours are a list of the others, each with its own fields', () => {
  const several = behaviourSchemas.map((schema) => formOf(jsonSchemaOf(schema))).find(({ kind }) => kind === 'several');
  const list = several && fieldOf(several, 'of')?.shape;
  if (list?.kind !== 'list') throw new Error('not a list');
  expect(list.of.map(({ kind }) => kind)).toEqual(
    behaviourSchemas.map((schema) => formOf(jsonSchemaOf(schema)).kind).filter((kind) => kind !== 'several'),
  );
  const firmware = list.of.find(({ kind }) => kind === 'firmwareUpdate');
  expect(firmware?.fields.map(({ shape }) => shape.kind)).toEqual([
    ...['number', 'number', 'number', 'number', 'text', 'number', 'choice', 'texts'],
  ]);
});

test('numbers carry their unit and range; a share is in percent; the hint does not say it again', () => {
  const when = formOf(jsonSchemaOf(whenSchema));
  expect(fieldOf(when, 'probability')).toMatchObject({
    usual: 1,
    hint: 'Of the times it could strike, this part, drawn each time.',
    shape: { kind: 'number', unit: '%', least: 0, most: 100, factor: 0.01 },
  });
  expect(fieldOf(when, 'every')?.shape).toMatchObject({ whole: true, least: 1, most: 1_000_000, unit: undefined });
  expect(fieldOf(when, 'from')).toMatchObject({ optional: true, shape: { unit: 'ms' } });
  expect(fieldOf(when, 'after')).toMatchObject({ optional: true, usual: undefined, shape: { kind: 'group' } });
  const interval = behaviourSchemas
    .map((schema) => formOf(jsonSchemaOf(schema)))
    .find(({ kind }) => kind === 'setTelemetryInterval');
  expect(interval && fieldOf(interval, 'least')?.shape).toMatchObject({ unit: 's', least: 0.01 });
});

test('a choice of numbers keeps them numbers, and several of a few are boxes', () => {
  const error = faultForm('hub.error');
  expect(fieldOf(error, 'status')?.shape).toEqual({ kind: 'choice', choices: [429, 500, 502, 503, 504] });
  expect(fieldOf(error, 'operations')).toMatchObject({ optional: true, shape: { kind: 'choices' } });
  expect(firstValue(error)).toEqual({ kind: 'hub.error', status: 503 });
});

test('a distribution is known wherever it stands, by reference or written out', () => {
  for (const [kind, field] of [
    ['reply.delay', 'delay'],
    ['reply.late', 'by'],
    ['link.flap', 'up'],
    ['hub.slow', 'delay'],
  ] as const) {
    const found = fieldOf(faultForm(kind), field);
    if (found?.shape.kind !== 'distribution') throw new Error(`${kind} ${field} is no distribution`);
    expect(found.shape.variants.map((each) => each.kind)).toEqual([
      ...['fixed', 'uniform', 'normal', 'log-normal', 'pareto', 'spike', 'replay'],
    ]);
    expect(found.label).toBe(labelOf(field));
  }
});

test('what methods and acknowledgements are set to is written out in full', () => {
  expect(firstValue(formOf(jsonSchemaOf(methodsSchema)))).toEqual({ stubs: [], unknown: '404', busy: 'parallel' });
  expect(firstValue(formOf(jsonSchemaOf(acknowledgeSchema)))).toEqual({ how: 'never', after: 0, code: 200 });
});

test('a field is called by its title, or else by its name in words', () => {
  expect(labelOf('bytesPerSecond')).toBe('Bytes per second');
  const schema = z.object({ failingAt: z.string(), of: z.boolean().meta({ title: 'All of them' }) });
  expect(formOf(jsonSchemaOf(schema)).fields.map(({ label, shape }) => [label, shape.kind])).toEqual([
    ['Failing at', 'text'],
    ['All of them', 'flag'],
  ]);
});
