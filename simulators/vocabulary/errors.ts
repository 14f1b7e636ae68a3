// What can go wrong in Hubfleet itself. Callers match `code`; the message says what happened, the hint what to do.
// Answers of a hub (404, 429, `amqp:...`) are values, not these errors: see service-errors.ts.

/** Code -> exit code of the command line (product.md section 6): 1 internal, 2 invalid input, 3 hub unreachable. */
export const errorCodes = {
  'input.invalid': 2,
  'file.unreadable': 2,
  'file.invalid': 2,
  'data-folder.unusable': 2,
  'data-folder.in-use': 2,
  'port.taken': 2,
  'port.forbidden': 2,
  'certificate.invalid': 2,
  'connection-string.invalid': 2,
  'device.unknown': 2,
  'fleet.unknown': 2,
  'fleet.exists': 2,
  /** Identities would be made or deleted on a hub that is not ours: to be asked again with `confirmRemote`. */
  'remote.unconfirmed': 2,
  'fault.unknown': 2,
  'fault.exists': 2,
  'run.unknown': 2,
  'command.unknown': 2,
  'hub.unreachable': 3,
  'hub.refused': 1,
  'worker.failed': 1,
  internal: 1,
} as const;

export type ErrorCode = keyof typeof errorCodes;

export class LabError extends Error {
  override readonly name = 'LabError';
  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly hint?: string,
    cause?: unknown,
  ) {
    super(message, cause === undefined ? undefined : { cause });
  }
}

/** An error as it crosses a thread or a wire. */
export interface ErrorReport {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: string;
}

export function reportOf(error: unknown): ErrorReport {
  if (error instanceof LabError) {
    return { code: error.code, message: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }) };
  }
  return { code: 'internal', message: error instanceof Error ? error.message : String(error) };
}

export const errorOf = (report: ErrorReport): LabError => new LabError(report.code, report.message, report.hint);

/** Closes a switch over a union: the compiler refuses the call while a case is missing. */
export function missingCase(value: never): never {
  throw new LabError('internal', `a case is missing for ${JSON.stringify(value)}`);
}
