// SPDX-License-Identifier: Apache-2.0

import {
  convertUserData,
  decodeUserData,
  type IgnitionVariant,
  ignitionVariants,
  type UserDataForm,
  userDataForms,
} from '../../cloudconfig/index.js';
import { type MachineFacts, renderIssue } from '../../model/index.js';
import { findClusterFolder } from '../cluster-folder.js';
import { type CommandInput, type ExitCode, type FlagValues, isSet, textFlag } from '../command.js';
import { fail } from '../errors.js';
import { gunzip } from '../gunzip.js';
import { checkNames } from '../parse-flags.js';
import { readDiskPlan } from './disk-plan.js';
import { readUserDataBytes } from './user-data-bytes.js';

export async function runConfigConvert({ args: [file = ''], flags }: CommandInput): Promise<ExitCode> {
  const decoded = decodeUserData(await readUserDataBytes(file), { gunzip });
  const facts = await readFacts(flags);
  const options = { ...choicesOf(flags), gunzip, ...(facts !== undefined && { facts }) };
  const converted = decoded.kind === 'bad' ? decoded : convertUserData(decoded.text, options);
  for (const issue of converted.issues) process.stderr.write(`${renderIssue(file, issue)}\n`);
  const errors = converted.issues.filter(({ severity }) => severity === 'error').length;
  const count = errors === 1 ? '1 thing' : `${errors} things`;
  if (converted.kind === 'bad') throw fail('cli/unreadable-user-data', { file, count });
  if (errors > 0 && !isSet(flags, 'allowLoss')) throw fail('cli/lossy-conversion', { file, count });
  process.stdout.write(converted.text);
  return 0;
}

function choicesOf(flags: FlagValues): { readonly to: UserDataForm; readonly variant: IgnitionVariant } {
  return {
    to: userDataForms.find((form) => form === textFlag(flags, 'to')) ?? 'ignition',
    variant: ignitionVariants.find((variant) => variant === textFlag(flags, 'variant')) ?? 'flatcar',
  };
}

/** What the cluster file says of the machine that is named; `undefined` when none is. */
async function readFacts(flags: FlagValues): Promise<MachineFacts | undefined> {
  const name = textFlag(flags, 'machine');
  if (name === undefined) return undefined;
  const plan = await readDiskPlan(findClusterFolder(flags));
  checkNames(plan.spec.name, [...plan.machines.keys()], [name]);
  return plan.boot.machines.find((machine) => machine.name === name)?.facts;
}
