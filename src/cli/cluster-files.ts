// SPDX-License-Identifier: Apache-2.0

import { readFile } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import { firmwareLabels } from '../boot/index.js';
import { type BootstrapWarning, chooseBootstrap, type MemberSection } from '../bootstrap/index.js';
import {
  type CompileDeps,
  compileMachine,
  decodeUserData,
  type FileIssue,
  inlineConfigParser,
  type UserDataInput,
} from '../cloudconfig/index.js';
import { realFiles } from '../effects/index.js';
import { type BootstrapKind, renderIssue } from '../model/index.js';
import { optionParsers } from '../providers/index.js';
import type { ClusterFileRecord } from '../registry/index.js';
import {
  type ClusterFileResult,
  type ClusterSpec,
  type MachineSpec,
  parseClusterFile,
  type UserDataSource,
} from '../spec/index.js';
import type { ClusterFolder } from './cluster-folder.js';
import { defaultUserData, defaultUserDataPath } from './default-user-data.js';
import { fail } from './errors.js';
import { gunzip } from './gunzip.js';

/** What the operator wrote: the cluster file and every user-data file that it names. */
export type ClusterText = Omit<ClusterFileRecord, 'modRevision'>;

export interface CheckedCluster {
  readonly text: ClusterText;
  readonly spec: ClusterSpec;
}

/** A cluster file's text, checked with all that this program knows of providers and cloud-config. */
export function parseCluster(text: string): ClusterFileResult {
  return parseClusterFile(text, {
    providers: optionParsers,
    inlineUserData: inlineConfigParser({ gunzip }),
  });
}

/**
 * Reads and checks everything the operator wrote, with no effect but printing problems and warnings.
 *
 * @throws `cli/bad-cluster` after printing all problems of all files; `cli/user-data-missing`
 */
export async function readCluster(cluster: ClusterFolder): Promise<CheckedCluster> {
  const text = (await realFiles.readText(cluster.clusterFile)) ?? '';
  const parsed = parseCluster(text);
  const file = relative(process.cwd(), cluster.clusterFile) || cluster.clusterFile;
  const fileIssues = parsed.kind === 'ok' ? parsed.warnings : parsed.issues;
  if (parsed.kind === 'bad') throw refuse(fileIssues.map((issue) => ({ file, ...issue })));
  const userData = await readUserData(cluster, parsed.spec);
  const compiled = compileCluster(parsed.spec, userData, { gunzip, isChecked: true });
  const issues = [...fileIssues, ...compiled.issues].map((issue) => ({ file, ...issue }));
  const named = issues.map((issue) => (issue.file === '' ? { ...issue, file } : issue));
  if (named.some(({ severity }) => severity === 'error')) throw refuse(named);
  for (const issue of named) process.stderr.write(`${renderIssue(issue.file, issue)}\n`);
  return { text: { text, userData }, spec: parsed.spec };
}

export interface CompiledCluster {
  /** By machine name: user-data with its variables not yet filled. */
  readonly userData: ReadonlyMap<string, string>;
  /** By machine name, then by profile, for profiles that have user-data of their own and may fit the machine. */
  readonly profileUserData: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** Of the members of the store, where it is etcd. */
  readonly bootstrap: BootstrapKind;
  /** What the names of SRV records end with, after a dash; empty: nothing. */
  readonly srvName: string;
  /** Each once, however many machines share the file. */
  readonly issues: readonly FileIssue[];
}

/** Each machine's user-data from the cluster's and its own. Machines that share a text are compiled once. */
export function compileCluster(
  spec: ClusterSpec,
  files: ReadonlyMap<string, string>,
  deps: CompileDeps = { gunzip },
): CompiledCluster {
  const cluster = inputOf(spec.userData ?? { kind: 'file', path: defaultUserDataPath }, files);
  const shared = compileMachine({ cluster, machine: undefined }, deps);
  const issues = new Map<string, FileIssue>();
  const userData = new Map<string, string>();
  const members: MemberSection[] = [];
  for (const { name, role, userData: own } of spec.machines) {
    const machine = own === undefined ? undefined : inputOf(own, files);
    const compiled = machine === undefined ? shared : compileMachine({ cluster, machine }, deps);
    for (const issue of compiled.issues) issues.set(JSON.stringify(issue), issue);
    if (compiled.kind !== 'ok') continue;
    const { userData: text, etcd2: options } = compiled.config;
    userData.set(name, text);
    const source = own?.kind === 'file' ? own : (spec.userData ?? own);
    const file = source?.kind === 'file' ? source.path : '';
    if (role === 'member') members.push({ machine: name, file, options });
  }
  const profileUserData = compileProfiles(spec, cluster, files, issues, deps);
  const all = [...issues.values()];
  if (spec.store.kind !== 'etcd')
    return { userData, profileUserData, bootstrap: 'static', srvName: '', issues: all };
  const { kind, srvName: said, warnings } = chooseBootstrap(spec.store.bootstrap, members, spec.domain);
  const srvName = spec.control.dnsSuffix || said;
  return { userData, profileUserData, bootstrap: kind, srvName, issues: [...all, ...warnings.map(issueOf)] };
}

/** Laid over the cluster's: the profile's, then the machine's. Machines that share all of them are compiled once. */
function compileProfiles(
  spec: ClusterSpec,
  cluster: UserDataInput,
  files: ReadonlyMap<string, string>,
  issues: Map<string, FileIssue>,
  deps: CompileDeps,
): CompiledCluster['profileUserData'] {
  const all = new Map<string, Map<string, string>>();
  for (const { name: profile, selector, userData } of spec.profiles) {
    if (userData === undefined) continue;
    const own = inputOf(userData, files);
    const compile = (machine: UserDataInput | undefined) => {
      const compiled = compileMachine({ cluster, profile: own, machine }, deps);
      for (const issue of compiled.issues) issues.set(JSON.stringify(issue), issue);
      return compiled.kind === 'ok' ? compiled.config.userData : undefined;
    };
    const shared = compile(undefined);
    for (const machine of spec.machines.filter((one) => mayFit(one, selector))) {
      const text = machine.userData === undefined ? shared : compile(inputOf(machine.userData, files));
      if (text === undefined) continue;
      const known = all.get(machine.name) ?? new Map<string, string>();
      all.set(machine.name, known.set(profile, text));
    }
  }
  return all;
}

/** As far as the cluster file says; the rest is for the firmware to say. */
function mayFit(machine: MachineSpec, selector: Readonly<Record<string, string>>): boolean {
  const { name, role, metadata } = machine;
  return Object.entries(selector).every(([key, value]) => {
    const own = key === 'name' ? name : key === 'role' ? role : metadata[key];
    return isFirmwareLabel.has(key) || own?.trim() === value;
  });
}

const isFirmwareLabel: ReadonlySet<string> = new Set(firmwareLabels);

/** Which line it stands in is lost in what was compiled. */
function issueOf({ file, key, message, hint }: BootstrapWarning): FileIssue {
  return { file, severity: 'warning', path: `coreos.etcd2.${key}`, line: 1, column: 1, message, hint };
}

function inputOf(source: UserDataSource, files: ReadonlyMap<string, string>): UserDataInput {
  if (source.kind === 'inline') return source;
  return { kind: 'text', file: source.path, text: files.get(source.path) ?? '' };
}

async function readUserData(cluster: ClusterFolder, spec: ClusterSpec): Promise<ReadonlyMap<string, string>> {
  const sources = [spec, ...spec.machines, ...spec.profiles].map(({ userData }) => userData);
  const paths = new Set(sources.flatMap((source) => (source?.kind === 'file' ? [source.path] : [])));
  const read = [...paths].map(async (path): Promise<[string, string]> => {
    const bytes = await readFile(resolve(cluster.folder, path)).catch((error: unknown) => {
      const why = error instanceof Error && 'code' in error ? String(error.code) : String(error);
      throw fail('cli/user-data-missing', { path, why }, error);
    });
    const decoded = decodeUserData(bytes, { gunzip });
    if (decoded.kind === 'bad') throw refuse(decoded.issues.map((issue) => ({ file: path, ...issue })));
    return [path, decoded.text];
  });
  const files = new Map(await Promise.all(read));
  if (spec.userData === undefined) files.set(defaultUserDataPath, defaultUserData);
  return files;
}

function refuse(issues: readonly FileIssue[]): Error {
  for (const issue of issues) process.stderr.write(`${renderIssue(issue.file, issue)}\n`);
  const count = issues.filter(({ severity }) => severity === 'error').length;
  return fail('cli/bad-cluster', { count: count === 1 ? '1 problem' : `${count} problems` });
}
