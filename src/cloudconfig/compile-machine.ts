// SPDX-License-Identifier: Apache-2.0

import type { Issue } from '../model/index.js';
import { type CloudConfig, emptyCloudConfig, type SectionOptions } from './cloud-config.js';
import { parseInlineConfig } from './inline-config.js';
import { layOver } from './lay-over.js';
import { renderUserData } from './render-user-data.js';
import { rules } from './rules/index.js';
import { parseUserData, type UserData, type UserDataDeps } from './user-data.js';
import { checkUserData } from './validate-user-data.js';

/** User-data as the cluster file names it, with the text of files read. */
export type UserDataInput =
  | {
      readonly kind: 'text';
      /** Where it came from, for messages. */
      readonly file: string;
      readonly text: string;
    }
  | { readonly kind: 'inline'; readonly config: Readonly<Record<string, unknown>> };

export interface MachineInput {
  /** Of all machines. */
  readonly cluster: UserDataInput | undefined;
  /** Of the profile that it boots: text replaces the cluster's, keys are laid over it. */
  readonly profile?: UserDataInput | undefined;
  /** Of this one: text replaces those before it, keys are laid over them. */
  readonly machine: UserDataInput | undefined;
}

/** What a machine is served, before its variables are filled. */
export interface MachineConfig {
  readonly kind: 'cloud-config' | 'script' | 'ignition' | 'empty';
  /** As the operator wrote it, byte for byte, when it comes from one file. */
  readonly userData: string;
  /** Of its etcd2 section; empty where there is none. */
  readonly etcd2: SectionOptions;
}

/** An issue and the file it is in; `file` is empty for keys that stand in the cluster file. */
export interface FileIssue extends Issue {
  readonly file: string;
}

export type CompiledMachine =
  | { readonly kind: 'ok'; readonly config: MachineConfig; readonly issues: readonly FileIssue[] }
  | { readonly kind: 'bad'; readonly issues: readonly FileIssue[] };

interface Layer {
  readonly file: string;
  readonly text: string | undefined;
  readonly parsed: UserData;
  readonly issues: readonly Issue[];
}

export interface CompileDeps extends UserDataDeps {
  /** Whether to tell also what `validateUserData` does, but for its notes: of a machine's whole user-data. */
  readonly isChecked?: boolean;
}

/**
 * Makes one machine's user-data from the cluster's and its own.
 *
 * Cost: parses each text once; a thousand machines that share one are better compiled once.
 */
export function compileMachine(input: MachineInput, deps: CompileDeps = {}): CompiledMachine {
  const given = [input.cluster, input.profile, input.machine].filter((source) => source !== undefined);
  const sources = given.slice(
    Math.max(
      0,
      given.findLastIndex(({ kind }) => kind === 'text'),
    ),
  );
  // What is laid over a text may mend it: then only the whole is checked.
  const isWhole = deps.isChecked === true && sources.length === 1;
  const layers = sources.map((source) => readLayer(source, isWhole, deps));
  const issues = layers.flatMap(issuesOf);
  if (layers.some(({ parsed }) => parsed.kind === 'bad')) return { kind: 'bad', issues };
  const [first] = layers;
  if (first === undefined) return { kind: 'ok', config: { kind: 'empty', userData: '', etcd2: {} }, issues };
  if (layers.length === 1 && first.text !== undefined && first.parsed.kind !== 'bad')
    return {
      kind: 'ok',
      config: { kind: first.parsed.kind, userData: first.text, etcd2: etcd2Of(first.parsed) },
      issues,
    };
  return layAll(layers, issues, deps);
}

function readLayer(source: UserDataInput, isChecked: boolean, deps: UserDataDeps): Layer {
  if (source.kind === 'text') {
    const { file, text } = source;
    const checked = isChecked ? checkUserData(text, deps) : undefined;
    const parsed = checked?.parsed ?? parseUserData(text, deps);
    return { file, text, parsed, issues: checked?.issues.filter(isNoNote) ?? issuesIn(parsed) };
  }
  const inline = parseInlineConfig(source.config, deps);
  const issues = inline.problems.map(({ path, message, hint, severity = 'error' }) => ({
    severity,
    path: ['userData', ...path].join('.'),
    line: 1,
    column: 1,
    message,
    hint,
  }));
  const parsed: UserData =
    inline.kind === 'ok' ? { kind: 'cloud-config', config: inline.options, issues } : { kind: 'bad', issues };
  return { file: '', text: undefined, parsed, issues };
}

function isNoNote({ severity }: Pick<Issue, 'severity'>): boolean {
  return severity !== 'info';
}

function layAll(
  layers: readonly Layer[],
  issues: readonly FileIssue[],
  { isChecked = false }: CompileDeps,
): CompiledMachine {
  const configs: CloudConfig[] = [];
  for (const { file, parsed } of layers) {
    if (parsed.kind === 'cloud-config') configs.push(parsed.config);
    else if (parsed.kind !== 'empty')
      return { kind: 'bad', issues: [...issues, cannotLay(file, parsed.kind)] };
  }
  const config = configs.reduce(layOver, emptyCloudConfig);
  return {
    kind: 'ok',
    config: { kind: 'cloud-config', userData: renderUserData(config), etcd2: config.etcd2 },
    issues: isChecked ? [...issues, ...checkLaid(config, layers[0]?.file ?? '')] : issues,
  };
}

/** Of layers no line is known any more: the path tells what is meant. */
function checkLaid(config: CloudConfig, file: string): readonly FileIssue[] {
  const problems = rules.flatMap((rule) => rule(config)).filter(isNoNote);
  return problems.map(({ severity, rule = 'yaml', path, message, hint }) => ({
    ...{ file, severity, rule, path: path.join('.'), line: 1, column: 1 },
    message: `${message}, with the keys of the machine laid over it`,
    hint,
  }));
}

function etcd2Of(parsed: UserData): SectionOptions {
  return parsed.kind === 'cloud-config' ? parsed.config.etcd2 : {};
}

function issuesOf({ file, issues }: Layer): readonly FileIssue[] {
  return issues.map((issue) => ({ file, ...issue }));
}

function issuesIn(parsed: UserData): readonly Issue[] {
  return parsed.kind === 'cloud-config' || parsed.kind === 'bad' ? parsed.issues : [];
}

function cannotLay(file: string, kind: string): FileIssue {
  const message = `this is a ${kind}, and keys of a machine can be laid over a cloud-config only`;
  const hint =
    'give the machine a file of its own as userData, or write the cluster user-data as "#cloud-config"';
  return { file, severity: 'error', path: '', line: 1, column: 1, message, hint };
}
