// SPDX-License-Identifier: Apache-2.0

/** Whether doing the same again may help: never, after a pause, or at once. */
export type Retry = 'never' | 'later' | 'now';

export type ErrorDetails = Readonly<Record<string, string | number | boolean>>;

/** One row of a room's `errors.ts`: the only place where its message and what to do about it are written. */
export interface ErrorRow {
  /** Lower case, no full stop; `{name}` is replaced by `details.name`. */
  readonly message: string;
  /** What the operator does next; may hold `{name}` as well. */
  readonly next: string;
  readonly httpStatus: number;
  /** gRPC status code, 0 to 16; 2 (unknown) when left out. */
  readonly grpcStatus?: number;
  /** `never` when left out. */
  readonly retry?: Retry;
}

export type ErrorTable = Readonly<Record<string, ErrorRow>>;

/**
 * The one error that crosses room borders. Callers branch on `code` (`room/kebab-case`), never on the text
 * or on `instanceof`; use `isMusterError`.
 */
export class MusterError extends Error {
  override readonly name = 'MusterError';
  readonly next: string;
  readonly httpStatus: number;
  readonly grpcStatus: number;
  readonly retry: Retry;

  constructor(
    readonly code: string,
    row: ErrorRow,
    readonly details: ErrorDetails,
    cause?: unknown,
  ) {
    super(fill(row.message, details), cause === undefined ? undefined : { cause });
    this.next = fill(row.next, details);
    this.httpStatus = row.httpStatus;
    this.grpcStatus = row.grpcStatus ?? 2;
    this.retry = row.retry ?? 'never';
  }
}

/** Builds the error constructor of one room from its table: `const fail = errorsOf(table)`. */
export function errorsOf<T extends ErrorTable>(
  table: T,
): (code: keyof T & string, details?: ErrorDetails, cause?: unknown) => MusterError {
  return (code, details = {}, cause) => {
    const row = table[code];
    if (row === undefined) throw new Error(`no such error code: ${code}`);
    return new MusterError(code, row, details, cause);
  };
}

/** True for a `MusterError` of any copy of this module, with `code` when one is given. */
export function isMusterError(error: unknown, code?: string): error is MusterError {
  if (!(error instanceof Error) || error.name !== 'MusterError' || !('code' in error)) return false;
  return code === undefined || error.code === code;
}

/** A broken invariant is a defect of muster, not of its input: a plain `Error` that ends the process. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`invariant broken: ${message}`);
}

function fill(template: string, details: ErrorDetails): string {
  return template.replace(/\{(\w+)\}/g, (whole, name: string) =>
    details[name] === undefined ? whole : String(details[name]),
  );
}
