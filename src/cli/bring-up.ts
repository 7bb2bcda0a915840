// SPDX-License-Identifier: Apache-2.0

import { realClock, realFiles, silentLog } from '../effects/index.js';
import type { HostedMachine, WayIn } from '../providers/index.js';
import type { ClusterSnapshot } from '../registry/index.js';
import { applyFile, refuseMoved, refuseUnplaced } from './apply-file.js';
import { parseCluster, readCluster } from './cluster-files.js';
import { type ClusterFolder, openClusterId } from './cluster-folder.js';
import { type ClusterPlan, planCluster } from './cluster-plan.js';
import { type CommandInput, type ExitCode, textFlag } from './command.js';
import { type LoadingControl, startControl, stopControl } from './control-process.js';
import { findControl } from './control-record.js';
import { fail } from './errors.js';
import { type FollowResult, followMachines } from './follow.js';
import { enterNetwork } from './in-network.js';
import { howCalled, machineColumns, nextSteps } from './machine-table.js';
import { checkNames, secondsFlag } from './parse-flags.js';
import { powerOffMachines } from './power-off.js';
import { printJson, renderTable } from './print.js';
import { openProgress } from './progress.js';
import { type BoundProvider, bindProvider } from './provider-deps.js';
import { openSession, type Session, statusOf } from './session.js';
import { awaitIrreplaceable } from './silent-machines.js';

/** What this call began, and has to take back when it is interrupted. */
interface Begun {
  control: boolean;
  machines: readonly string[];
}

/** @param loading a control process in case there is none */
export async function bringUp(
  { args, flags, signal }: CommandInput,
  cluster: ClusterFolder,
  loading: LoadingControl | undefined,
): Promise<ExitCode> {
  await chooseInFile(cluster, flags);
  const checked = await readCluster(cluster);
  const known = checked.spec.machines.map(({ name }) => name);
  checkNames(checked.spec.name, known, args);
  const clusterId = await openClusterId(cluster);
  const provider = bindProvider(cluster, clusterId, checked.spec, silentLog);
  const timeoutMs = secondsFlag(flags, 'timeout', provider.joinSeconds) * 1000;
  // Planned before anything starts: what cannot be planned must not begin.
  const running = await findControl(cluster);
  const network = await (running === undefined ? provider.openNetwork() : provider.planNetwork());
  const plan = planCluster(checked.spec, checked.text.userData, { clusterId, network });
  refuseUnplaced(plan);
  // Before its network is made: commands would look for the one that runs in there.
  if (running !== undefined) refuseMoved(plan, running);
  await provider.raiseNetwork();
  const entered = await enterNetwork(cluster.state);
  if (entered !== undefined) return entered;
  const begun: Begun = { control: false, machines: [] };
  const control = running ?? (await startControl(cluster, signal, loading));
  begun.control = running === undefined;
  const session = openSession(control);
  try {
    await session.registry.store.withdraw();
    const found = await session.registry.snapshot();
    const changes = await applyFile(session, plan, checked, found);
    tellChanges(changes);
    const names = args.length > 0 ? args : known;
    const hosted = await provider.openHost().list();
    const on = new Set(hosted.filter(({ state }) => state === 'on').map(({ name }) => name));
    const before = await awaitIrreplaceable(session.registry, found, on, names, signal);
    const needed = findNeeded(hosted, before, names);
    const turned = findTurned(before, plan).filter((name) => names.includes(name) && !needed.includes(name));
    const gone = [...before.lives.keys()].filter((name) => !plan.machines.has(name));
    const isWhole = plan.store === undefined || before.storeView?.state === 'ok';
    if (needed.length === 0 && turned.length === 0 && gone.length === 0 && isWhole) {
      return await printNothingToDo(textFlag(flags, 'output'), plan, before, changes);
    }
    begun.machines = needed;
    const result = await powerOn(cluster, session, plan, { needed, turned }, timeoutMs, signal);
    return await printResult(textFlag(flags, 'output'), result, await provider.findWayIn());
  } catch (error) {
    if (signal.aborted) await takeBack(cluster, provider, session, begun);
    throw error;
  } finally {
    await session.close();
  }
}

/** A store or provider that is asked for here is written down, so that every later command knows of it. */
async function chooseInFile(cluster: ClusterFolder, flags: CommandInput['flags']): Promise<void> {
  const wanted = (['store', 'provider'] as const).flatMap((key) => {
    const value = textFlag(flags, key);
    return value === undefined ? [] : [{ key, value }];
  });
  if (wanted.length === 0) return;
  const lines = wanted.map(({ key, value }) => `${key}: ${value}`);
  const called = wanted.map(({ key, value }) => ` --${key} ${value}`).join('');
  // Virtual machines have nothing to boot without one.
  const image = textFlag(flags, 'provider') === 'qemu' ? ['image: default'] : [];
  const text = [`# Begun by \`muster up${called}\`.`, ...lines, ...image, ''].join('\n');
  if (await realFiles.create(cluster.clusterFile, text)) {
    process.stderr.write(`wrote ${cluster.clusterFile}\n`);
    return;
  }
  const { spec } = await readCluster(cluster);
  const found = { store: spec.store.kind, provider: spec.provider.name };
  for (const { key, value } of wanted) {
    if (found[key] === value) continue;
    const problem = `the cluster file names the ${key} "${found[key]}", --${key} "${value}"`;
    throw fail('cli/usage', { problem, hint: `write \`${key}: ${value}\` in ${cluster.clusterFile}` });
  }
}

/** Those that have not joined, and those that have but are off: a kill just now is in no record yet. */
function findNeeded(
  hosted: readonly HostedMachine[],
  { lives, orders }: ClusterSnapshot,
  names: readonly string[],
): readonly string[] {
  const off = new Set(hosted.filter(({ state }) => state === 'off').map(({ name }) => name));
  // One that was told to go off may not have done so yet.
  const isGoing = (name: string) => orders.get(name)?.want === 'off';
  return names.filter((name) => lives.get(name)?.state !== 'joined' || off.has(name) || isGoing(name));
}

/** Proxies that are members now: a role is taken at boot, and a proxy loses nothing by one. */
function findTurned({ clusterFile, lives }: ClusterSnapshot, { spec }: ClusterPlan): readonly string[] {
  const was = parseCluster(clusterFile.text);
  if (clusterFile.modRevision === 0 || was.kind !== 'ok' || spec.store.kind !== 'etcd') return [];
  const proxies = new Set(was.spec.machines.filter(({ role }) => role === 'proxy').map(({ name }) => name));
  return spec.machines
    .filter(({ name, role }) => role === 'member' && proxies.has(name) && lives.get(name)?.state === 'joined')
    .map(({ name }) => name);
}

function tellChanges(changes: readonly string[]): void {
  for (const change of changes) process.stderr.write(`${change}\n`);
  if (!changes.some((change) => /user-?data/i.test(change))) return;
  process.stderr.write(`machines that run take it with \`${howCalled()} apply\`, others when they boot\n`);
}

async function powerOn(
  cluster: ClusterFolder,
  session: Session,
  plan: ClusterPlan,
  { needed, turned }: { readonly needed: readonly string[]; readonly turned: readonly string[] },
  timeoutMs: number,
  signal: AbortSignal,
): Promise<FollowResult> {
  const names = [...needed, ...turned];
  const progress = await openProgress(names, 'joined');
  try {
    const { registry } = session;
    // The first of the two orders is the one that all of them have to have come past.
    const again = turned.length > 0 ? [await registry.machines.order(turned, 'reboot', realClock.now())] : [];
    const on = await registry.machines.order(needed, 'on', realClock.now());
    const [order = on] = again;
    return await followMachines(
      { registry, cluster, plan, names, order, goal: 'joined', progress, timeoutMs },
      signal,
    );
  } finally {
    await progress.finish();
  }
}

async function printNothingToDo(
  output: string | undefined,
  plan: ClusterPlan,
  snapshot: ClusterSnapshot,
  changes: readonly string[],
): Promise<ExitCode> {
  const status = statusOf(plan, snapshot);
  if (output === 'json') printJson(status);
  else if (changes.length === 0) process.stdout.write('nothing to do\n');
  else process.stdout.write('applied; no machine had to be powered on\n');
  return 0;
}

async function printResult(
  output: string | undefined,
  { status, missed }: FollowResult,
  wayIn: WayIn,
): Promise<ExitCode> {
  if (output === 'json') printJson(status);
  else
    process.stdout.write(
      `${await renderTable(status.machines, machineColumns)}\n${nextSteps(status, wayIn.words)}`,
    );
  for (const machine of missed) {
    process.stderr.write(`error: ${machine.name} did not join: ${machine.reason ?? machine.state}\n`);
    process.stderr.write(`  look at \`${howCalled()} logs ${machine.name}\`\n`);
  }
  if (status.store !== undefined && status.store.state !== 'ok') {
    process.stderr.write(`error: the store is not whole: ${status.store.reason || status.store.state}\n`);
    return 1;
  }
  return missed.length === 0 ? 0 : 1;
}

/** Leaves nothing half-done: what this call powered on goes off again, and so does the control process. */
async function takeBack(
  cluster: ClusterFolder,
  provider: BoundProvider,
  session: Session,
  begun: Begun,
): Promise<void> {
  if (begun.machines.length > 0) {
    process.stderr.write(`interrupted: powering off ${begun.machines.join(', ')}\n`);
    await powerOffMachines(session, begun.machines);
    const host = provider.openHost();
    await Promise.all(begun.machines.map((name) => host.powerOff(name)));
  }
  if (begun.control) {
    await stopControl(cluster);
    await provider.lowerNetwork();
  }
}
