// SPDX-License-Identifier: Apache-2.0

import { isMusterError } from '../model/index.js';
import { findClusterFolder } from './cluster-folder.js';
import type { CommandInput, ExitCode } from './command.js';
import { runControl } from './control.js';
import type { ReadyMessage } from './control-process.js';
import { openLog } from './log.js';

/** Runs until `signal` fires. Tells a process that started it over IPC when it serves, or why it does not. */
export async function runServe({ flags, signal }: CommandInput): Promise<ExitCode> {
  try {
    await runControl(findClusterFolder(flags), openLog('control'), () => tell({ kind: 'ready' }), signal);
    return 0;
  } catch (error) {
    tell({
      kind: 'failed',
      code: isMusterError(error) ? error.code : 'cli/control-failed',
      message: error instanceof Error ? error.message : String(error),
      next: isMusterError(error) ? error.next : 'look at its log: `muster logs --control`',
    });
    throw error;
  }
}

function tell(message: ReadyMessage): void {
  if (process.connected) process.send?.(message);
}
