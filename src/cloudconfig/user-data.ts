// SPDX-License-Identifier: Apache-2.0

import type { Issue } from '../model/index.js';
import { placeProblems, quoteValue, sortIssues } from '../spec/index.js';
import type { CloudConfig } from './cloud-config.js';
import { type CloudText, readCloudText } from './cloud-text.js';
import type { Gunzip } from './section.js';

/** What user-data turned out to be. `issues` of a cloud-config are warnings; of what is bad, at least one is an error. */
export type UserData =
  | { readonly kind: 'cloud-config'; readonly config: CloudConfig; readonly issues: readonly Issue[] }
  | { readonly kind: 'script'; readonly text: string }
  | { readonly kind: 'ignition'; readonly version: string; readonly text: string }
  | { readonly kind: 'empty' }
  | { readonly kind: 'bad'; readonly issues: readonly Issue[] };

export interface UserDataDeps {
  /** Unpacks gzip content of files; that of node:zlib when left out. */
  readonly gunzip?: Gunzip;
}

/**
 * Tells the kinds of user-data apart and reads cloud-config. Never throws; text over 1 MiB is refused.
 *
 * Source of the header's rules: coreos-cloudinit f1f0405, initialize/user_data.go, config/*.go.
 */
export function parseUserData(text: string, deps: UserDataDeps = {}): UserData {
  if (text === '') return { kind: 'empty' };
  const first = (/^[^\n]*/.exec(text)?.[0] ?? '').trimEnd();
  if (first.startsWith('#!')) return { kind: 'script', text };
  if (first === '#cloud-config') return parseCloudConfig(text, deps);
  const version = findIgnitionVersion(text);
  if (version !== undefined) return { kind: 'ignition', version, text };
  return { kind: 'bad', issues: [headerIssue(first)] };
}

function parseCloudConfig(text: string, deps: UserDataDeps): UserData {
  return userDataOf(readCloudText(text, deps.gunzip));
}

/** What a cloud-config that was opened says, for whoever needs its places too. */
export function userDataOf(opened: CloudText): UserData {
  if (opened.kind === 'bad') return { kind: 'bad', issues: sortIssues(opened.issues) };
  const { document, read } = opened;
  const { config, problems } = read;
  const issues = sortIssues([...document.warnings, ...placeProblems(document, problems)]);
  const isBad = problems.some(({ severity }) => severity === 'error');
  return isBad ? { kind: 'bad', issues } : { kind: 'cloud-config', config, issues };
}

/** Spec 2 and 3 have `ignition.version`, spec 1 had `ignitionVersion`. */
function findIgnitionVersion(text: string): string | undefined {
  if (!text.trimStart().startsWith('{')) return undefined;
  try {
    const parsed: unknown = JSON.parse(text);
    const version = fieldOf(fieldOf(parsed, 'ignition'), 'version');
    if (typeof version === 'string') return version;
    const old = fieldOf(parsed, 'ignitionVersion');
    return Number.isInteger(old) ? String(old) : undefined;
  } catch {
    return undefined;
  }
}

function fieldOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? new Map(Object.entries(value)).get(key) : undefined;
}

function headerIssue(first: string): Issue {
  const message = `the first line is ${first === '' ? 'empty' : quoteValue(first)}`;
  return {
    severity: 'error',
    rule: 'header',
    path: '',
    line: 1,
    column: 1,
    message,
    hint: headerHint(first),
  };
}

function headerHint(first: string): string {
  if (first.startsWith('\uFEFF')) return 'save the file without a byte order mark';
  if (/^\s+#(cloud-config|!)/.test(first)) return 'take out the blanks before it';
  if (first.toLowerCase().startsWith('content-type:'))
    return 'MIME multipart is not supported: write one cloud-config';
  if (/^#\s*cloud-?config\b/i.test(first)) return 'write exactly "#cloud-config"';
  return 'it must be "#cloud-config", or begin with "#!" for a script';
}
