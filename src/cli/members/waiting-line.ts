// SPDX-License-Identifier: Apache-2.0

/** Says on standard error what is waited for. */
export interface WaitingLine {
  show(reason: string, leftMs: number): void;
  /** Takes a live line away again. */
  end(): void;
}

/** One live line that counts down on a terminal; elsewhere a line for each new reason. */
export function openWaitingLine(attempt: string): WaitingLine {
  const shown = { reason: '' };
  const { stderr } = process;
  return {
    show(reason, leftMs) {
      const isNew = shown.reason !== reason;
      shown.reason = reason;
      const line = `waiting to ${attempt}: ${reason} (for up to ${Math.ceil(leftMs / 1_000)} s more)`;
      if (stderr.isTTY) stderr.write(`\r\x1b[K${line.slice(0, stderr.columns - 1)}`);
      else if (isNew) stderr.write(`${line}\n`);
    },
    end() {
      if (stderr.isTTY && shown.reason !== '') stderr.write('\r\x1b[K');
    },
  };
}
