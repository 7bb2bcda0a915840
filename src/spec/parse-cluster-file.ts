// SPDX-License-Identifier: Apache-2.0

import type { DataProblem } from './check-data.js';
import { type ClusterFile, clusterFileFields } from './cluster-file.js';
import type { ClusterFileResult, ClusterSpec, OptionParser } from './cluster-spec.js';
import { valueAt } from './data-edit.js';
import type { DataPath } from './data-path.js';
import { findMachineClashes } from './machine-clashes.js';
import { completeMachines } from './machine-list.js';
import { findProfileClashes } from './profile-clashes.js';
import { chooseProvider, type OptionParsers, placeBelow } from './provider-choice.js';
import { checkYaml, placeProblems, sortIssues } from './read-yaml.js';
import { openYaml } from './yaml-document.js';

export interface ClusterFileOptions {
  /** By name; each checks the options of its provider. */
  readonly providers: OptionParsers;
  /** For a file that names none; `local` when left out. */
  readonly defaultProvider?: string;
  /** Checks cloud-config keys written in the cluster file; they are taken as they are when left out. */
  readonly inlineUserData?: OptionParser;
}

/**
 * Reads a cluster file. Never throws, starts nothing and reads no other file. An empty text is the default
 * cluster.
 *
 * Cost: linear; nearly all of it is the YAML library: 0.1 ms for a machine of the list once warm, some three times
 * that in a fresh process.
 */
export function parseClusterFile(text: string, options: ClusterFileOptions): ClusterFileResult {
  const opened = openYaml(text);
  if (opened.kind === 'bad') return { kind: 'bad', issues: sortIssues(opened.issues) };
  const { document } = opened;
  const data = document.value ?? {};
  const checked = checkYaml({ ...document, value: data }, clusterFileFields);
  const chosen = chooseProvider(data, options.providers, options.defaultProvider ?? 'local');
  const problems = [
    ...chosen.problems,
    ...findMachineClashes(data, document.textAt),
    ...findProfileClashes(data),
    ...findPortClash(data),
    ...findBackupClash(data),
    ...findSizeClash(data),
    ...checkInlineUserData(data, options.inlineUserData),
  ];
  const fields = checked.kind === 'ok' ? checked.warnings : checked.issues;
  const issues = sortIssues([...fields, ...placeProblems(document, problems)]);
  const isWrong = problems.some(({ severity }) => severity === 'error');
  if (checked.kind === 'bad' || chosen.kind === 'bad' || isWrong) return { kind: 'bad', issues };
  return { kind: 'ok', spec: complete(checked.value, chosen.provider), warnings: issues };
}

/** Machines that are emulated, or far away, may be busy for longer than a process of this computer. */
const ttlSeconds = { local: 10, other: 60 } as const;

function complete(file: ClusterFile, provider: ClusterSpec['provider']): ClusterSpec {
  const { name, domain, store, backup, control, agentTtl, rebootLock, machines, image, profiles, userData } =
    file;
  return {
    name,
    domain,
    store,
    backup,
    provider,
    control,
    agentTtlSeconds: agentTtl ?? (provider.name === 'local' ? ttlSeconds.local : ttlSeconds.other),
    rebootLock,
    machines: completeMachines(machines),
    image,
    profiles,
    userData,
  };
}

function findPortClash(data: unknown): readonly DataProblem[] {
  const port = valueAt(data, ['control', 'port']) ?? 7979;
  const etcdPort = valueAt(data, ['control', 'etcdPort']) ?? 2379;
  if (port !== etcdPort) return [];
  const path = ['control', valueAt(data, ['control', 'etcdPort']) === undefined ? 'port' : 'etcdPort'];
  const message = `the port "${etcdPort}" is wanted twice`;
  return [{ severity: 'error', path, at: 'value', message, hint: 'give port and etcdPort two numbers' }];
}

/** The embedded store is saved otherwise, and lies on a disk. */
function findBackupClash(data: unknown): readonly DataProblem[] {
  const backup = valueAt(data, ['backup']) ?? undefined;
  const kind = valueAt(data, ['store', 'kind']) ?? valueAt(data, ['store']);
  if (backup === undefined || kind === 'etcd') return [];
  const message = 'the embedded store takes no backups by itself';
  const hint = 'use store: etcd, or save it with `muster store backup FILE`';
  return [{ severity: 'error', path: ['backup'], at: 'key', message, hint }];
}

/** Slots are taken by those that the file names, and by others if any are left. */
function findSizeClash(data: unknown): readonly DataProblem[] {
  const size = valueAt(data, ['store', 'size']);
  if (typeof size !== 'number' || valueAt(data, ['store', 'kind']) !== 'etcd') return [];
  const path = ['store', 'size'];
  if (valueAt(data, ['store', 'bootstrap']) !== 'discovery') {
    const hint = 'write bootstrap: discovery, or leave size out';
    return [{ severity: 'error', path, at: 'key', message: 'only bootstrap "discovery" has a size', hint }];
  }
  const machines = valueAt(data, ['machines']) ?? 3;
  const members = Array.isArray(machines)
    ? machines.filter((machine) => valueAt(machine, ['role']) !== 'proxy').length
    : machines;
  if (typeof members !== 'number' || members <= size) return [];
  const message = `${size} members cannot found it: this file has ${members}`;
  return [{ severity: 'error', path, at: 'value', message, hint: `write ${members} or more` }];
}

function checkInlineUserData(data: unknown, parser: OptionParser | undefined): readonly DataProblem[] {
  if (parser === undefined) return [];
  const paths: DataPath[] = [['userData']];
  for (const list of ['machines', 'profiles']) {
    const items = valueAt(data, [list]);
    if (Array.isArray(items)) paths.push(...items.map((_, index) => [list, index, 'userData']));
  }
  return paths.flatMap((path) => {
    const value = valueAt(data, path);
    const isMapping = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isMapping ? placeBelow(parser.parse(value), path) : [];
  });
}
