// SPDX-License-Identifier: Apache-2.0

import { findMac, findUuid } from '../../boot/index.js';
import { realClock, realFiles, silentLog } from '../../effects/index.js';
import type { MachineMarks, MachineRole } from '../../model/index.js';
import type { PendingMachine } from '../../registry/index.js';
import { addMachine } from '../../spec/index.js';
import { applyFile, refuseMoved } from '../apply-file.js';
import { parseCluster, readCluster } from '../cluster-files.js';
import { type ClusterFolder, findClusterFolder, openClusterId } from '../cluster-folder.js';
import { planCluster } from '../cluster-plan.js';
import { type CommandInput, type ExitCode, textFlag } from '../command.js';
import { getControl } from '../control-record.js';
import { fail } from '../errors.js';
import { bindProvider } from '../provider-deps.js';
import { openSession, type Session } from '../session.js';

/** Adds the machine to the cluster file and applies that: its next question, a few seconds later, is answered. */
export async function runMachineAccept({ args, flags }: CommandInput): Promise<ExitCode> {
  const cluster = findClusterFolder(flags);
  const control = await getControl(cluster);
  const session = openSession(control);
  try {
    const pending = [...(await session.registry.snapshot()).pending.values()];
    const found = choose(pending, args[0] ?? '');
    const { text } = await readCluster(cluster);
    const added = addMachine(text.text, {
      name: textFlag(flags, 'name'),
      role: roleOf(textFlag(flags, 'role')),
      marks: found.marks,
    });
    if (added.kind === 'bad') throw fail('cli/usage', { problem: added.problem, hint: added.hint });
    const parsed = parseCluster(added.text);
    if (parsed.kind === 'bad') {
      const [issue] = parsed.issues;
      throw fail('cli/usage', { problem: issue?.message ?? 'it does not parse', hint: issue?.hint ?? '' });
    }
    await realFiles.write(cluster.clusterFile, added.text, { mode: 0o644 });
    process.stderr.write(`wrote ${cluster.clusterFile}\n`);
    await applyAdded(cluster, session, control, added.name);
    if (found.known !== undefined) await session.registry.machines.forgetPending(found.known);
    process.stdout.write(`${added.name} is let in; it boots within seconds\n`);
    return 0;
  } finally {
    await session.close();
  }
}

async function applyAdded(
  cluster: ClusterFolder,
  session: Session,
  control: Awaited<ReturnType<typeof getControl>>,
  name: string,
): Promise<void> {
  const checked = await readCluster(cluster);
  const clusterId = await openClusterId(cluster);
  const network = await bindProvider(cluster, clusterId, checked.spec, silentLog).planNetwork();
  const plan = planCluster(checked.spec, checked.text.userData, { clusterId, network });
  refuseMoved(plan, control);
  await applyFile(session, plan, checked, await session.registry.snapshot());
  await session.registry.machines.order([name], 'on', realClock.now());
}

interface Chosen {
  readonly marks: MachineMarks;
  /** Nothing: it has not asked yet. */
  readonly known: PendingMachine | undefined;
}

/** By its whole mark or the end of it, as long as one machine alone has it. A whole mark needs nobody to have asked. */
function choose(pending: readonly PendingMachine[], text: string): Chosen {
  const mac = findMac(text);
  const uuid = findUuid(text);
  const wanted = mac ?? uuid ?? text.trim().toLowerCase();
  const values = ({ marks }: PendingMachine) => [marks.mac, marks.uuid, marks.serial?.toLowerCase()];
  const whole = pending.filter((one) => values(one).includes(wanted));
  const part = pending.filter((one) => wanted !== '' && values(one).some((value) => value?.endsWith(wanted)));
  const [known, ...others] = whole.length > 0 ? whole : part;
  if (others.length > 0)
    throw fail('cli/usage', {
      problem: `${others.length + 1} machines wait that "${text}" could mean`,
      hint: 'write the whole mark, as `muster machines --pending` shows it',
    });
  if (known !== undefined) return { marks: marksOf(known.marks), known };
  if (mac !== undefined) return { marks: { mac }, known: undefined };
  if (uuid !== undefined) return { marks: { uuid }, known: undefined };
  throw fail('cli/usage', {
    problem: `no machine waits that has "${text}"`,
    hint: 'look at `muster machines --pending`, or write a whole MAC address or UUID',
  });
}

/** One is enough, and many machines share what their maker left in the others. */
function marksOf({ mac, uuid, serial }: MachineMarks): MachineMarks {
  if (mac !== undefined) return { mac };
  if (uuid !== undefined) return { uuid };
  return serial === undefined ? {} : { serial };
}

function roleOf(text: string | undefined): MachineRole | undefined {
  return text === 'member' || text === 'proxy' ? text : undefined;
}
