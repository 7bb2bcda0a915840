// SPDX-License-Identifier: Apache-2.0

/** Whether Node threw it because the system refused a call: that says nothing about what was to be read. */
export function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}
