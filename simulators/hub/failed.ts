// What is answered when the hub itself fails, on a full disk say: 500001 with the words of the error.
import { type Refusal, refuse } from '../vocabulary/service-errors.ts';

export const failed = (error: unknown): Refusal =>
  refuse('ServerError', `The hub failed: ${error instanceof Error ? error.message : String(error)}`);
