// What is wrong with a query text and where: for the answer to a service, and for the editor that marks the place.
import { type Refusal, refuse } from '../../vocabulary/service-errors.ts';

/** Thrown while a text is read, never further: `offset` counts characters from 0. */
export class Mistake extends Error {
  constructor(
    readonly offset: number,
    message: string,
  ) {
    super(message);
  }
}

/** Characters of the line that are shown to the left and right of the place. */
const shownBefore = 60;
const shownAfter = 40;

export class Problem {
  /** From 1. */
  readonly line: number;
  readonly column: number;
  constructor(
    /** What is wrong, in one sentence, without the place. */
    readonly message: string,
    text: string,
    /** Characters before the place. */
    readonly offset: number,
  ) {
    const before = text.slice(0, offset);
    this.line = before.split('\n').length;
    this.column = offset - (before.lastIndexOf('\n') + 1) + 1;
    this.#text = text;
  }
  readonly #text: string;

  /** `query, line 1, column 28: Expected ...`, with the line of the text below it and a caret under the place. */
  refusal(what = 'query'): Refusal {
    const line = (this.#text.split('\n')[this.line - 1] ?? '').replace(/[\t\r]/g, ' ');
    const from = Math.max(0, this.column - 1 - shownBefore);
    const shown = line.slice(from, this.column - 1 + shownAfter);
    const caret = `${' '.repeat(this.column - 1 - from)}^`;
    const sentence = `${what}, line ${this.line}, column ${this.column}: ${this.message}`;
    return refuse('ArgumentInvalid', `${sentence}\n${shown}\n${caret}`);
  }
}

export const problemAt = (text: string, { offset, message }: Mistake): Problem =>
  new Problem(/[.!?]$/.test(message) ? message : `${message}.`, text, offset);
