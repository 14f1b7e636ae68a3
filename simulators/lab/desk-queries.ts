// Queries as the window asks them: a page at a time with the place of a mistake, whom a query means, how many a job's condition picks.
import type { Clock } from '../clock/clock.ts';
import type { Invoker, ServiceAnswer } from '../invoker/invoker.ts';
import { LabError } from '../vocabulary/errors.ts';
import { type DeviceId, identityId } from '../vocabulary/ids.ts';
import type { QueryProblem, QueryResult } from '../vocabulary/views.ts';
import { firstLine, itemsOf, textOf } from './desk-answers.ts';

/** As many as one run may call (contract: run.start). */
const mostDevices = 50_000;
const largestPage = 1_000;

export interface QueryPage {
  readonly text: string;
  /** Rows a page, 1 to 1000. */
  readonly size: number;
  readonly continuation?: string | undefined;
}

export class Queries {
  constructor(
    private readonly clock: Clock,
    private readonly invoker: Invoker,
    /** On a hub of somebody else's only devices that this lab runs are ever a target. */
    private readonly remote?: { readonly hostName: string; runs(device: DeviceId): boolean },
  ) {}

  async run({ text, size, continuation }: QueryPage): Promise<QueryResult> {
    const begunAt = this.clock.now();
    const answer = await this.invoker.query(text, { size, ...(continuation === undefined ? {} : { continuation }) });
    const duration = this.clock.now() - begunAt;
    const itemType = answer.itemType ?? '';
    if (answer.problem !== undefined) return { rows: [], itemType, duration, problem: problemOf(answer.problem) };
    return {
      ...{ rows: itemsOf(answer), itemType, duration },
      ...(answer.continuation === undefined ? {} : { continuation: answer.continuation }),
    };
  }

  /** Every device or module that a query finds, on a remote hub those that are run here. Throws LabError input.invalid when its results name none, hub.refused. */
  async devices(text: string): Promise<{ readonly devices: readonly DeviceId[]; readonly more: boolean }> {
    const found = new Set<DeviceId>();
    let more = false;
    let strangers = 0;
    for await (const page of this.invoker.queryPages(text, largestPage)) {
      for (const { deviceId, moduleId } of itemsOf(page)) {
        if (typeof deviceId !== 'string') {
          throw new LabError(
            'input.invalid',
            'query: its results have no deviceId, so they name no devices',
            'SELECT * or deviceId, without aggregates.',
          );
        }
        const id = identityId(deviceId, textOf(moduleId));
        if (this.remote?.runs(id) === false) strangers += 1;
        else if (found.size < mostDevices) found.add(id);
        else more = true;
      }
      if (more) break;
    }
    if (found.size === 0 && strangers > 0) {
      throw new LabError(
        'input.invalid',
        `query: it finds ${strangers} devices on ${this.remote?.hostName}, and none of them is run here`,
        'Ask for devices of a fleet of yours.',
      );
    }
    return { devices: [...found], more };
  }

  /** How many devices (or modules) a job's condition picks now. */
  async count(condition: string): Promise<{ readonly count: number } | { readonly problem: QueryProblem }> {
    const before = beforeCondition(condition);
    const answer = await this.invoker.query(condition.trim() === '*' ? before : `${before}${condition}`);
    if (answer.problem !== undefined) return { problem: shifted(problemOf(answer.problem), before.length) };
    const [first] = itemsOf(answer);
    return { count: Number(first?.picked ?? 0) };
  }
}

/** What turns the text of a condition into a query that counts. */
function beforeCondition(condition: string): string {
  const select = 'SELECT COUNT() AS picked ';
  if (/^\s*FROM\s/i.test(condition)) return select;
  const all = `${select}FROM devices`;
  return ['', '*'].includes(condition.trim()) ? all : `${all} WHERE `;
}

function shifted({ place, ...problem }: QueryProblem, by: number): QueryProblem {
  if (place === undefined) return problem;
  return { ...problem, place: place.line === 1 ? { line: 1, column: Math.max(1, place.column - by) } : place };
}

/** Our hub says `query, line 1, column 28: Expected ...`; others say what they will. */
function problemOf({ name, message, explanation }: NonNullable<ServiceAnswer['problem']>): QueryProblem {
  const placed = /^(?:query|condition), line (\d+), column (\d+): (.*)/.exec(message);
  if (placed === null) {
    return {
      message: `${name}: ${firstLine(message)}`,
      ...(explanation === undefined ? {} : { fix: explanation.fix }),
    };
  }
  return { message: placed[3] as string, place: { line: Number(placed[1]), column: Number(placed[2]) } };
}
