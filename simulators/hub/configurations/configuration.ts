// A configuration as the hub keeps it, read from the body a service sends. Pure.
import { deviceIdPattern } from '../../vocabulary/ids.ts';
import { Refusal, refuse } from '../../vocabulary/service-errors.ts';

export type Body = Readonly<Record<string, unknown>>;
export type Texts = Readonly<Record<string, string>>;

/** Dates are ISO text. */
export interface Configuration {
  readonly id: string;
  readonly schemaVersion: string;
  readonly labels: Texts;
  readonly content: Body;
  readonly targetCondition: string;
  readonly createdTimeUtc: string;
  readonly lastUpdatedTimeUtc: string;
  readonly priority: number;
  /** Queries of the user's own, by name. */
  readonly metrics: Texts;
  readonly etag: string;
}

/** What a body says; what it leaves out keeps its value, or gets the default when new. */
export type Settings = Pick<
  Configuration,
  'schemaVersion' | 'labels' | 'content' | 'targetCondition' | 'priority' | 'metrics'
>;

/** What is wrong with a query's text, or undefined. */
export type CheckQuery = (
  text: string,
  from?: 'devices' | 'devices.modules',
) => { readonly message: string; readonly line: number; readonly column: number } | undefined;

const contentParts = ['deviceContent', 'modulesContent', 'moduleContent'] as const;
const schemaVersion = '1.0';
const largestPriority = 2_147_483_647;

export const idProblem = (id: string): Refusal | undefined =>
  deviceIdPattern.test(id)
    ? undefined
    : invalid(
        `id: '${id.slice(0, 140)}' must have 1 to 128 characters out of A-Z a-z 0-9 - : . + % _ # * ? ! ( ) , = @ ; $ '`,
      );

export function readSettings(body: Body, before: Configuration | undefined, check: CheckQuery): Settings | Refusal {
  const version = body.schemaVersion ?? before?.schemaVersion ?? schemaVersion;
  if (version !== schemaVersion) return invalid(`schemaVersion: must be '${schemaVersion}'.`);
  const labels = readTexts('labels', body.labels ?? before?.labels);
  if (labels instanceof Refusal) return labels;
  const content = readContent(body.content ?? before?.content);
  if (content instanceof Refusal) return content;
  if (before !== undefined && !alike(content, before.content)) {
    return refuse(
      'InvalidConfigurationContent',
      'content: cannot be changed once the configuration is there; make another configuration.',
    );
  }
  const condition = body.targetCondition ?? before?.targetCondition ?? '';
  if (typeof condition !== 'string') return invalid('targetCondition: must be a text.');
  const problem = conditionProblem(condition, check);
  if (problem !== undefined) return refuse('InvalidConfigurationTargetCondition', `targetCondition: ${problem}`);
  const priority = body.priority ?? before?.priority ?? 0;
  if (typeof priority !== 'number' || !Number.isInteger(priority) || priority < 0 || priority > largestPriority) {
    return invalid(`priority: must be a whole number within [0; ${largestPriority}].`);
  }
  const metrics = readTexts('metrics.queries', isBody(body.metrics) ? body.metrics.queries : before?.metrics);
  if (metrics instanceof Refusal) return metrics;
  for (const [name, query] of Object.entries(metrics)) {
    const wrong = queryProblem(query, check);
    if (wrong !== undefined) return invalid(`metrics.queries.${name.slice(0, 100)}: ${wrong}`);
  }
  return { schemaVersion: version, labels, content, targetCondition: condition, priority, metrics };
}

/** The content of a configuration: at least one of its parts, each an object. */
export function readContent(value: unknown): Body | Refusal {
  const wrong = (text: string) => refuse('InvalidConfigurationContent', text);
  if (!isBody(value)) return wrong('content: must be an object.');
  const parts = contentParts.filter((part) => value[part] !== undefined && value[part] !== null);
  if (parts.length === 0) return wrong(`content: must have one of ${contentParts.join(', ')}.`);
  for (const part of parts) if (!isBody(value[part])) return wrong(`content.${part}: must be an object.`);
  return Object.fromEntries(parts.map((part) => [part, value[part]]));
}

/** An empty condition picks nobody and is allowed. */
export const conditionProblem = (text: string, check: CheckQuery): string | undefined =>
  text.trim() === '' ? undefined : placed(check(text, 'devices'));

export const queryProblem = (text: string, check: CheckQuery): string | undefined => placed(check(text));

const placed = (problem: ReturnType<CheckQuery>): string | undefined =>
  problem && `${problem.message} (line ${problem.line}, column ${problem.column})`;

export function readTexts(field: string, value: unknown): Texts | Refusal {
  if (value === undefined || value === null) return {};
  if (!isBody(value)) return invalid(`${field}: must be an object of texts.`);
  for (const [name, text] of Object.entries(value)) {
    if (typeof text !== 'string') return invalid(`${field}.${name.slice(0, 100)}: must be a text.`);
  }
  return value as Texts;
}

/** The Configuration shape of reference 4.3. */
export const shapeOf = ({ metrics, ...rest }: Configuration): object => ({
  ...rest,
  systemMetrics: { results: {}, queries: {} },
  metrics: { results: {}, queries: metrics },
});

export const isBody = (value: unknown): value is Body =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const invalid = (message: string): Refusal => refuse('ArgumentInvalid', message);

/** Whatever the order of their members. */
function alike(one: unknown, other: unknown): boolean {
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((item, index) => alike(item, other[index]));
  }
  if (!isBody(one) || !isBody(other)) return one === other;
  const names = Object.keys(one);
  return names.length === Object.keys(other).length && names.every((name) => alike(one[name], other[name]));
}
