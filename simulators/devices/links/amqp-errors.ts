// What an AMQP error of a hub says, and whether it is a no to the device or a passing trouble (reference 3.8). Pure.
import type { Ending } from './connection.ts';

/** An AMQP error as the hub sent it; `description` is mostly JSON (reference 3.8). */
export interface AmqpError {
  readonly condition?: string;
  readonly description?: string;
}

/** Conditions under which nothing is wrong with the device: the hub moves, closes, or another connection took over (reference 3.7, 3.8). */
const passing: ReadonlySet<string> = new Set([
  'amqp:connection:forced',
  'amqp:connection:framing-error',
  'amqp:internal-error',
  'amqp:link:detach-forced',
  'amqp:link:stolen',
  'amqp:resource-locked',
  'com.microsoft:link-creation-conflict',
  'com.microsoft:timeout',
]);

export function endingOf(error: AmqpError | undefined, otherwise: string): Ending {
  const text = errorText(error);
  if (text === undefined) return { detail: otherwise, refused: false };
  const refused = !passing.has(String(error?.condition));
  return { detail: refused ? `refused: ${text}` : text, refused };
}

/** The words of an error: the message in its JSON description, else the description, with the condition behind it. */
export function errorText(error: AmqpError | undefined): string | undefined {
  if (!error) return undefined;
  const { condition, description } = error;
  const words = description ? messageIn(description) : undefined;
  if (!condition) return words;
  return words ? `${words} (${condition})` : String(condition);
}

export function messageIn(description: string): string {
  try {
    const parsed: unknown = JSON.parse(description);
    if (typeof parsed === 'object' && parsed !== null) {
      const { message, Message } = parsed as { message?: unknown; Message?: unknown };
      for (const text of [message, Message]) if (typeof text === 'string' && text) return text;
    }
  } catch {
    // Not JSON: the words themselves.
  }
  return description;
}
