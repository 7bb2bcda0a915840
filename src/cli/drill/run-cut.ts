// SPDX-License-Identifier: Apache-2.0

import { findClusterFolder } from '../cluster-folder.js';
import { type CommandInput, type ExitCode, textFlag } from '../command.js';
import { fail } from '../errors.js';
import { openExisting } from '../existing.js';
import { linksHint } from './choose-blow.js';
import { parseSides, renderPartition } from './partition.js';
import { cutAll, endFaults } from './strike.js';

/** `muster drill cut` and `muster drill heal`: a partition for as long as the operator wants it, and no load. */
export async function runCut({ args, flags }: CommandInput): Promise<ExitCode> {
  const existing = await openExisting(findClusterFolder(flags));
  const { faults } = existing.host;
  if (args[0] === 'heal' && faults !== undefined) {
    await endFaults(faults, await existing.machineNames());
    const links = faults.links === undefined ? '' : ', all links carry everything again';
    process.stdout.write(`no machine stands still${links}\n`);
    return 0;
  }
  const links = faults?.links;
  if (links === undefined) {
    throw fail('cli/usage', { problem: 'these machines have no links of their own', hint: linksHint });
  }
  const partition = parseSides(textFlag(flags, 'sides') ?? '', await existing.machineNames());
  try {
    await cutAll(links, partition);
  } catch (error) {
    await links.heal();
    throw error;
  }
  process.stdout.write(`cut: ${renderPartition(partition)}; \`muster drill heal\` ends it\n`);
  return 0;
}
