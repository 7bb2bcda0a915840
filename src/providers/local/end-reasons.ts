// SPDX-License-Identifier: Apache-2.0

import type { Exit, Files } from '../../effects/index.js';
import type { MachineFolder } from './machine-record.js';

const maxConsoleBytes = 1024 * 1024;
const maxReasonLength = 300;

/** When nobody watched it end. */
export const unseenEnd = 'its process is gone: it crashed or was killed';

/** How a machine's process ended; after an error with the last thing that it said. */
export async function explainExit(files: Files, at: MachineFolder, exit: Exit): Promise<string> {
  if (exit.signal !== undefined) return `ended by ${exit.signal}`;
  if (exit.code === 0) return 'ended by itself';
  const said = await lastLine(files, at);
  return `ended with exit code ${exit.code}${said === '' ? '' : `: ${said}`}`;
}

async function lastLine(files: Files, at: MachineFolder): Promise<string> {
  const found = await files.stat(at.console);
  if (found === undefined || found.sizeBytes > maxConsoleBytes) return '';
  const lines = ((await files.readText(at.console)) ?? '').split('\n').filter((line) => line.trim() !== '');
  return (lines.at(-1) ?? '')
    .replaceAll(/\p{Cc}/gu, ' ')
    .trim()
    .slice(0, maxReasonLength);
}
