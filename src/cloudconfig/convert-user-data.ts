// SPDX-License-Identifier: Apache-2.0

import type { Issue, MachineFacts } from '../model/index.js';
import {
  isUnknownKey,
  openYaml,
  parsePath,
  placeProblems,
  sortIssues,
  type YamlDocument,
} from '../spec/index.js';
import type { CloudConfig } from './cloud-config.js';
import { emptyCloudConfig } from './cloud-config.js';
import { nameOfKey, parseCloudData } from './cloud-data.js';
import { fromIgnition } from './ignition/from-ignition.js';
import { ignitionOf } from './ignition/ignition-of.js';
import { parseIgnition } from './ignition/parse-ignition.js';
import type { IgnitionVariant } from './ignition/piece.js';
import { renderButane } from './ignition/render-butane.js';
import type { IgnitionConfig } from './ignition/schema.js';
import { renderUserData } from './render-user-data.js';
import { scriptData } from './script-data.js';
import { substitute } from './substitute.js';
import { parseUserData, type UserDataDeps } from './user-data.js';

/** The forms that user-data can be converted to. */
export const userDataForms = ['ignition', 'butane', 'cloud-config'] as const;

export type UserDataForm = (typeof userDataForms)[number];

export interface ConvertOptions extends UserDataDeps {
  readonly to: UserDataForm;
  readonly variant: IgnitionVariant;
  /** Fills variables in. Left out: they are filled in on the machine, or stay in a cloud-config. */
  readonly facts?: MachineFacts;
}

export type Conversion =
  | {
      readonly kind: 'ok';
      readonly text: string;
      /** Errors: what is not in the text; warnings: what is in it in another form, and what the text itself has. */
      readonly issues: readonly Issue[];
    }
  /** Not readable. */
  | { readonly kind: 'bad'; readonly issues: readonly Issue[] };

/** Converts user-data of any kind. Never throws; everything that has no equal is told by line and column. */
export function convertUserData(text: string, options: ConvertOptions): Conversion {
  const filled = options.facts === undefined ? text : substitute(text, options.facts);
  const parsed = parseUserData(filled, options);
  switch (parsed.kind) {
    case 'bad':
      return parsed;
    case 'ignition':
      return convertIgnition(filled, options);
    case 'empty':
      return write({ config: emptyCloudConfig, issues: [] }, text, options);
    case 'script':
      return write(ofScript(filled, options), '', options);
    case 'cloud-config':
      return write(parsed, text, options);
  }
}

interface Source {
  readonly config: CloudConfig;
  readonly issues: readonly Issue[];
}

function ofScript(text: string, options: ConvertOptions): Source {
  const { config } = parseCloudData(scriptData(text), { textAt: () => undefined, gunzip: options.gunzip });
  const message = `${options.to === 'cloud-config' ? 'a cloud-config' : 'Ignition'} runs no script by itself`;
  const hint = 'it is a file, and a unit runs it at each boot';
  return { config, issues: [{ severity: 'warning', path: '', line: 1, column: 1, message, hint }] };
}

/** `text` is what was written, by which things are placed. */
function write({ config, issues }: Source, text: string, options: ConvertOptions): Conversion {
  if (options.to === 'cloud-config')
    return {
      kind: 'ok',
      text: renderUserData(config),
      issues: tellLeftOut(issues, (issue) => !isKept(issue, config)),
    };
  const made = ignitionOf(config, text, options);
  const opened = openYaml(text, { version: '1.1', isLenient: true, nameOf: nameOfKey });
  const placed =
    opened.kind === 'ok' ? placeProblems(opened.document, made.problems) : made.problems.map(unplaced);
  return writeIgnition(made.config, [...tellLeftOut(issues), ...placed, ...made.issues], undefined, options);
}

/** Keys that nobody knows are a warning where the text goes on as it is, and missing from a text that is made anew. */
function tellLeftOut(
  issues: readonly Issue[],
  isLeftOut: (issue: Issue) => boolean = () => true,
): readonly Issue[] {
  return issues.map((issue) => {
    const isLost = isUnknownKey(issue) && isLeftOut(issue);
    return isLost ? { ...issue, severity: 'error', message: `${issue.message} is left out` } : issue;
  });
}

/** Whole keys that no section knows stay in a cloud-config; keys within a section do not. */
function isKept({ path }: Issue, { rest }: CloudConfig): boolean {
  const [top = '', below = ''] = parsePath(path).map((step) => nameOfKey(String(step)));
  const { coreos } = rest;
  if (top !== 'coreos') return Object.hasOwn(rest, top);
  return typeof coreos === 'object' && coreos !== null && Object.hasOwn(coreos, below);
}

function unplaced({ severity, message, hint }: Pick<Issue, 'severity' | 'message' | 'hint'>): Issue {
  return { severity, path: '', line: 1, column: 1, message, hint };
}

function convertIgnition(text: string, options: ConvertOptions): Conversion {
  const parsed = parseIgnition(text);
  if (parsed.kind === 'bad') return parsed;
  const { config, document } = parsed;
  const issues = tellLeftOut(parsed.issues);
  if (options.to !== 'cloud-config') return writeIgnition(config, issues, document, options);
  const { data, problems } = fromIgnition(config);
  const made = parseCloudData(data, { textAt: () => undefined, gunzip: options.gunzip });
  const doubts = made.problems.map(unplaced);
  const placed = placeProblems(document, problems);
  return {
    kind: 'ok',
    text: renderUserData(made.config),
    issues: sortIssues([...issues, ...placed, ...doubts]),
  };
}

function writeIgnition(
  config: IgnitionConfig,
  issues: readonly Issue[],
  document: YamlDocument | undefined,
  { to, variant }: ConvertOptions,
): Conversion {
  if (to !== 'butane') {
    return { kind: 'ok', text: `${JSON.stringify(config, undefined, 2)}\n`, issues: sortIssues(issues) };
  }
  const { text, problems } = renderButane(config, variant);
  const placed = document === undefined ? problems.map(unplaced) : placeProblems(document, problems);
  return { kind: 'ok', text, issues: sortIssues([...issues, ...placed]) };
}
