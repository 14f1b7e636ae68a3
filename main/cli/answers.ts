// Reads what a hub answered to a command, or ends the command with the hub's own words.
import type { ServiceAnswer } from '../../simulators/invoker/invoker.ts';
import { LabError } from '../../simulators/vocabulary/errors.ts';

/** Refusals of a hub end the command with exit code 1. */
export function accepted<Answer extends Pick<ServiceAnswer, 'status' | 'problem'>>(answer: Answer): Answer {
  const { status, problem } = answer;
  if (problem === undefined) return answer;
  throw refusalOf(`the hub answered ${status}`, problem);
}

/** The error of a refusal, to be thrown. What a 400 means is in the hub's sentence; there is no general advice on it. */
export function refusalOf(what: string, problem: NonNullable<ServiceAnswer['problem']>): LabError {
  const number = problem.number === undefined ? '' : ` ${problem.number}`;
  const { cause, fix } = problem.explanation ?? {};
  const hint = cause === undefined || problem.name === 'ArgumentInvalid' ? undefined : `${cause} ${fix}`;
  return new LabError('hub.refused', `${what}${number} ${problem.name}: ${problem.message}`, hint);
}

/** The body of an answer that was accepted. */
export function read<T>(answer: ServiceAnswer): T {
  try {
    return JSON.parse(answer.body) as T;
  } catch (error) {
    throw new LabError(
      'hub.refused',
      `the hub answered ${answer.status} with a body that is not JSON`,
      undefined,
      error,
    );
  }
}
