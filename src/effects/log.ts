// SPDX-License-Identifier: Apache-2.0

export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** Where a long-running part says what it does. Messages are lower case, values go into fields. */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

export const silentLog: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
