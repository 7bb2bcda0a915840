// SPDX-License-Identifier: Apache-2.0

import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { realExec, realFiles } from '../effects/index.js';
import { findWayIn } from '../providers/index.js';
import { findClusterFolder } from './cluster-folder.js';
import type { CommandInput, ExitCode } from './command.js';
import { namedEndpoints } from './named-endpoints.js';

/**
 * Runs a command where the machines of its cluster are reached: a cluster with a network of its own is entered first,
 * by starting this program again in there. One that speaks to named endpoints stays where it is.
 */
export async function inNetwork(
  input: CommandInput,
  run: (input: CommandInput) => Promise<ExitCode>,
): Promise<ExitCode> {
  if (namedEndpoints(input.flags).length > 0) return run(input);
  return (await enterNetwork(findClusterFolder(input.flags).state)) ?? run(input);
}

/**
 * The same command line once more, inside the network of the cluster with this folder; its exit code. `undefined`, and
 * nothing happened, where that is here.
 */
export async function enterNetwork(folder: string): Promise<ExitCode | undefined> {
  const { words, isInside } = await findWayIn({ exec: realExec, files: realFiles }, folder);
  return isInside ? undefined : runAgain(words);
}

function runAgain([command = '', ...words]: readonly string[]): Promise<ExitCode> {
  const args = [...words, process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  const child = spawn(command, args, { stdio: 'inherit' });
  // A terminal tells both of ^C, and the second time it means "at once".
  const hasTerminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;
  const passOn = (signal: NodeJS.Signals) => child.kill(signal);
  process.on('SIGTERM', passOn);
  if (!hasTerminal) process.on('SIGINT', passOn);
  return new Promise<ExitCode>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      resolve(signal === null ? (code ?? 1) : 128 + constants.signals[signal]);
    });
  }).finally(() => {
    process.off('SIGTERM', passOn);
    process.off('SIGINT', passOn);
  });
}
