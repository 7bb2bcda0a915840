// SPDX-License-Identifier: Apache-2.0

import { realFiles } from '../effects/index.js';
import { replaceMachine } from '../spec/index.js';
import { parseCluster, readCluster } from './cluster-files.js';
import { findClusterFolder } from './cluster-folder.js';
import { type CommandInput, type ExitCode, textFlag } from './command.js';
import { fail } from './errors.js';
import { howCalled } from './machine-table.js';

/** Writes the cluster file anew, when the result is one that could be applied. */
export async function runMachineReplace({ args, flags }: CommandInput): Promise<ExitCode> {
  const name = args[0] ?? '';
  const by = textFlag(flags, 'with');
  if (by === undefined)
    throw fail('cli/usage', { problem: 'nothing to replace it with', hint: 'give --with' });
  const cluster = findClusterFolder(flags);
  const { text } = await readCluster(cluster);
  const done = replaceMachine(text.text, name, by);
  if (done.kind === 'bad') throw fail('cli/usage', { problem: done.problem, hint: done.hint });
  const parsed = parseCluster(done.text);
  if (parsed.kind === 'bad') {
    const [issue] = parsed.issues;
    throw fail('cli/usage', { problem: issue?.message ?? 'it does not parse', hint: issue?.hint ?? '' });
  }
  await realFiles.write(cluster.clusterFile, done.text, { mode: 0o644 });
  process.stdout.write(`wrote ${cluster.clusterFile}; \`${howCalled()} up\` applies it\n`);
  return 0;
}
