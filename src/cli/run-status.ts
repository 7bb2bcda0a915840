// SPDX-License-Identifier: Apache-2.0

import { realHttpGet, silentLog } from '../effects/index.js';
import type { MachineSpec } from '../spec/index.js';
import type {
  ClusterStatus,
  LockStatus,
  MachineStatus,
  StoreMemberStatus,
  StoreStatus,
} from '../status/index.js';
import { readCluster } from './cluster-files.js';
import { type ClusterFolder, findClusterFolder, findClusterId } from './cluster-folder.js';
import { planCluster } from './cluster-plan.js';
import { type CommandInput, type ExitCode, textFlag } from './command.js';
import { controlLog } from './control-process.js';
import { type ControlRecord, findControl } from './control-record.js';
import { fail } from './errors.js';
import { ageText, machineColumns } from './machine-table.js';
import { type Column, printJson, printRows, renderTable } from './print.js';
import { bindProvider } from './provider-deps.js';
import { unitLines } from './unit-lines.js';

export async function runStatus({ flags }: CommandInput): Promise<ExitCode> {
  const status = await findStatus(findClusterFolder(flags));
  if (textFlag(flags, 'output') === 'json') printJson(status);
  else process.stdout.write(await renderStatus(status));
  return status.state === 'ok' ? 0 : 1;
}

export async function runMachines({ flags }: CommandInput): Promise<ExitCode> {
  const { machines } = await findStatus(findClusterFolder(flags));
  await printRows(textFlag(flags, 'output') ?? 'table', machines, machineColumns);
  return 0;
}

/** Asks the control process; when there is none, tells what the files and the provider know. */
export async function findStatus(cluster: ClusterFolder): Promise<ClusterStatus> {
  const control = await findControl(cluster);
  return control === undefined ? statusWithoutControl(cluster) : askControl(cluster, control);
}

async function askControl(cluster: ClusterFolder, control: ControlRecord): Promise<ClusterStatus> {
  const unreachable = (why: string, cause?: unknown) =>
    fail(
      'cli/control-unreachable',
      { pid: control.pid, url: control.controlUrl, why, log: controlLog(cluster) },
      cause,
    );
  const answer = await realHttpGet(`${control.controlUrl}/status`).catch((error: unknown) => {
    throw unreachable(error instanceof Error ? error.message : String(error), error);
  });
  const text = Buffer.from(answer.body).toString('utf8');
  if (answer.status !== 200) throw unreachable(`HTTP status ${answer.status}: ${text}`);
  return JSON.parse(text) as ClusterStatus;
}

async function statusWithoutControl(cluster: ClusterFolder): Promise<ClusterStatus> {
  const { spec, text } = await readCluster(cluster);
  const clusterId = await findClusterId(cluster);
  const reason = 'the control process is not running; start it with `muster up`';
  const nowhere = {
    cluster: spec.name,
    state: 'down' as const,
    reason,
    endpoints: { control: '', etcd: [] },
  };
  if (clusterId === undefined) return { ...nowhere, machines: spec.machines.map(absentMachine) };
  const provider = bindProvider(cluster, clusterId, spec, silentLog);
  const hosted = new Map((await provider.openHost().list()).map((machine) => [machine.name, machine]));
  const plan = planCluster(spec, text.userData, { clusterId, network: await provider.planNetwork() });
  const machines = [...plan.machines.values()].map(({ known }): MachineStatus => {
    const isOn = hosted.get(known.name)?.state === 'on';
    const off = hosted.has(known.name) ? 'created' : 'absent';
    return {
      ...known,
      state: isOn ? 'unknown' : off,
      lastSeen: '',
      since: '',
      ...(isOn ? { reason: 'it runs, but the control process is away' } : {}),
      problems: [],
      units: [],
    };
  });
  return { ...nowhere, endpoints: { control: plan.controlUrl, etcd: plan.storeUrls }, machines };
}

/** In the cluster file and nowhere else: what is minted for it is not known yet. */
function absentMachine({ name, role, metadata, privateIpv4, publicIpv4 }: MachineSpec): MachineStatus {
  return {
    name,
    id: '',
    role,
    state: 'absent',
    privateIp: privateIpv4,
    publicIp: publicIpv4,
    metadata,
    lastSeen: '',
    since: '',
    problems: [],
    units: [],
  };
}

function storeLine({ state, reason, clusterId }: StoreStatus): string {
  return `${state}${reason === '' ? '' : ` (${reason})`}${clusterId === '' ? '' : `, cluster ${clusterId}`}`;
}

/** What is worth a line: holders, waiters, a pause. */
function lockLine({ group, max, paused, holders, waiters }: LockStatus): readonly string[] {
  if (holders.length === 0 && waiters.length === 0 && paused === '') return [];
  const who = holders.map(
    ({ id, machine, phase, since, reason }) =>
      `${machine || id} ${phase} (${ageText(since, Date.now())}${reason === '' ? '' : `: ${reason}`})`,
  );
  const parts = [
    `${holders.length} of ${max}`,
    ...(paused === '' ? [] : [`paused: ${paused}`]),
    ...who,
    ...(waiters.length === 0 ? [] : [`${waiters.length} waiting`]),
  ];
  return [`${group === 'default' ? '' : `${group}: `}${parts.join(', ')}`];
}

const memberColumns: readonly Column<StoreMemberStatus>[] = [
  { title: 'MEMBER', text: ({ machine }) => machine },
  { title: 'ID', text: ({ id }) => id },
  { title: 'STATE', text: ({ state, isLeader }) => (isLeader ? 'leader' : state) },
  { title: 'SINCE', text: ({ since }) => ageText(since, Date.now()) },
  { title: 'REASON', text: ({ reason }) => reason },
];

async function renderStatus(status: ClusterStatus): Promise<string> {
  const head = [
    `cluster  ${status.cluster}: ${status.state}${status.reason === '' ? '' : ` (${status.reason})`}`,
    `control  ${status.endpoints.control || '-'}`,
    `etcd     ${status.endpoints.etcd.join(', ') || '-'}`,
    ...(status.store === undefined ? [] : [`store    ${storeLine(status.store)}`]),
    ...(status.store?.discovery === undefined ? [] : [`token    ${status.store.discovery}`]),
    ...(status.rebootLocks ?? []).flatMap(lockLine).map((line) => `reboots  ${line}`),
    ...unitLines(status).map((line, index) => `${index === 0 ? 'units    ' : '         '}${line}`),
  ];
  if (status.machines.length === 0) return `${head.join('\n')}\n`;
  const parts = [`${head.join('\n')}\n`, await renderTable(status.machines, machineColumns)];
  if (status.store !== undefined) parts.push(await renderTable(status.store.members, memberColumns));
  return parts.join('\n');
}
