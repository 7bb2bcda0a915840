// SPDX-License-Identifier: Apache-2.0

import type { Exit, Files } from '../../effects/index.js';

const maxConsoleBytes = 1024 * 1024;
const maxReasonLength = 300;

/** When nobody watched it end. */
export const unseenEnd = 'its process is gone: it crashed or was killed';

/** How a machine's process ended; after an error with the last thing that it said there. */
export async function explainExit(files: Files, logFile: string, exit: Exit): Promise<string> {
  if (exit.signal !== undefined) return `ended by ${exit.signal}`;
  if (exit.code === 0) return 'ended by itself';
  const said = await lastLine(files, logFile);
  return `ended with exit code ${exit.code}${said === '' ? '' : `: ${said}`}`;
}

async function lastLine(files: Files, logFile: string): Promise<string> {
  const found = await files.stat(logFile);
  if (found === undefined || found.sizeBytes > maxConsoleBytes) return '';
  const lines = ((await files.readText(logFile)) ?? '').split('\n').filter((line) => line.trim() !== '');
  return (lines.at(-1) ?? '')
    .replaceAll(/\p{Cc}/gu, ' ')
    .trim()
    .slice(0, maxReasonLength);
}
