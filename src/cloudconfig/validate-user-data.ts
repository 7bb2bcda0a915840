// SPDX-License-Identifier: Apache-2.0

import type { Issue } from '../model/index.js';
import { placeProblems, sortIssues, type YamlDocument } from '../spec/index.js';
import type { CloudData } from './cloud-data.js';
import { type CloudText, readCloudText } from './cloud-text.js';
import { decodeUserData } from './decode-user-data.js';
import { parseIgnition } from './ignition/parse-ignition.js';
import { checkEmptyValues } from './rules/empty-values.js';
import { rules } from './rules/index.js';
import { checkRetired } from './rules/retired.js';
import { checkScript, checkVariables } from './rules/text.js';
import { parseUserData, type UserData, type UserDataDeps, userDataOf } from './user-data.js';

/** Everything that can be said of one file. */
export interface UserDataReport {
  /** `unknown`: nothing in the text says what it is meant to be. */
  readonly kind: 'cloud-config' | 'script' | 'ignition' | 'empty' | 'unknown';
  /** In order of the text. */
  readonly issues: readonly Issue[];
}

/**
 * Checks user-data as it is served: its bytes, its syntax, every section, and what sections say of each other. Never
 * throws; time and memory are bounded whatever the bytes are.
 *
 * Cost: about as much as `parseUserData`, and half as much again for the rules.
 */
export function validateUserData(bytes: Uint8Array, deps: UserDataDeps = {}): UserDataReport {
  const decoded = decodeUserData(bytes, deps);
  if (decoded.kind === 'bad') return { kind: 'unknown', issues: decoded.issues };
  const { text } = decoded;
  const { parsed, issues } = checkUserData(text, deps);
  if (isCloudConfig(text)) return { kind: 'cloud-config', issues };
  return { kind: parsed.kind === 'bad' ? 'unknown' : parsed.kind, issues };
}

/** What a text says, and everything that can be said of it. Reads it once. */
export function checkUserData(
  text: string,
  deps: UserDataDeps = {},
): { readonly parsed: UserData; readonly issues: readonly Issue[] } {
  if (isCloudConfig(text)) {
    const opened = readCloudText(text, deps.gunzip);
    return { parsed: userDataOf(opened), issues: checkCloudConfig(text, opened) };
  }
  const parsed = parseUserData(text, deps);
  switch (parsed.kind) {
    case 'script':
      return { parsed, issues: sortIssues([...checkScript(text), ...checkVariables(text)]) };
    case 'ignition':
      return { parsed, issues: sortIssues([...checkIgnition(text), ...checkVariables(text)]) };
    case 'empty':
      return { parsed, issues: [] };
    case 'cloud-config':
    case 'bad':
      return { parsed, issues: parsed.issues };
    default:
      return parsed satisfies never;
  }
}

function isCloudConfig(text: string): boolean {
  return /^#cloud-config\s*?(\n|$)/.test(text);
}

function checkCloudConfig(text: string, opened: CloudText): readonly Issue[] {
  if (opened.kind === 'bad') return sortIssues([...opened.issues, ...checkVariables(text)]);
  const { document, read } = opened;
  const issues = [...document.warnings, ...placeProblems(document, read.problems), ...checkVariables(text)];
  return sortIssues([...issues, ...checkWhole(document, read, issues)]);
}

/** What is empty, and wrong for that reason, is told once. */
function checkWhole(
  document: YamlDocument,
  { config }: CloudData,
  issues: readonly Issue[],
): readonly Issue[] {
  const told = new Set(issues.map(({ line, column }) => `${line}:${column}`));
  const empty = placeProblems(document, checkEmptyValues(document.value));
  return [
    ...empty.filter(({ line, column }) => !told.has(`${line}:${column}`)),
    ...placeProblems(document, checkRetired(document.value)),
    ...placeProblems(
      document,
      rules.flatMap((rule) => rule(config)),
    ),
  ];
}

function checkIgnition(text: string): readonly Issue[] {
  return parseIgnition(text).issues.map((issue) => ({ rule: 'ignition', ...issue }));
}
