// SPDX-License-Identifier: Apache-2.0

import type { Issue } from '../../model/index.js';
import {
  checkData,
  type DataProblem,
  openYaml,
  placeProblems,
  quoteValue,
  sortIssues,
  type YamlDocument,
} from '../../spec/index.js';
import { checkIgnition } from './check-ignition.js';
import { type IgnitionConfig, ignitionSchema } from './schema.js';
import { findTooNew, readVersion } from './versions.js';

export type IgnitionResult =
  | {
      readonly kind: 'ok';
      readonly config: IgnitionConfig;
      /** Tells where each part stands in the text. */
      readonly document: YamlDocument;
      /** Warnings. */
      readonly issues: readonly Issue[];
    }
  | { readonly kind: 'bad'; readonly issues: readonly Issue[] };

/**
 * Reads an Ignition config of spec 3, and says everything that is wrong with it by line and column. Never throws;
 * text over 1 MiB or over 64 levels deep is refused. Unknown keys are warnings, as in Ignition itself. Spec 2 and
 * older are refused: they are another format, which only Flatcar still translates by itself.
 */
export function parseIgnition(text: string): IgnitionResult {
  // JSON is read as YAML, which it is a part of: the YAML reader knows where everything stands.
  const opened = openYaml(text, { isLenient: true });
  if (opened.kind === 'bad') return { kind: 'bad', issues: sortIssues(opened.issues) };
  const fault = findJsonFault(text);
  if (fault !== undefined) return { kind: 'bad', issues: [fault] };
  const { document } = opened;
  const placed = (problems: readonly DataProblem[]) =>
    sortIssues([...document.warnings, ...placeProblems(document, problems)]);
  const version = checkVersion(document);
  if (version.kind === 'bad') return { kind: 'bad', issues: placed([version.problem]) };
  const { value } = document;
  const checked = checkData(value, ignitionSchema, { unknownKeys: 'warning' });
  const further = [...version.problems, ...findTooNew(value, version.minor)];
  if (checked.kind === 'bad') return { kind: 'bad', issues: placed([...checked.problems, ...further]) };
  const problems = [...checked.problems, ...further, ...checkIgnition(checked.value, version.minor)];
  const issues = placed(problems);
  if (issues.some(({ severity }) => severity === 'error')) return { kind: 'bad', issues };
  return { kind: 'ok', config: checked.value, document, issues };
}

type CheckedVersion =
  | { readonly kind: 'ok'; readonly minor: number; readonly problems: readonly DataProblem[] }
  | { readonly kind: 'bad'; readonly problem: DataProblem };

function checkVersion(document: YamlDocument): CheckedVersion {
  const path = ['ignition', 'version'];
  const written = document.textAt(path);
  const old = document.textAt(['ignitionVersion']);
  const found = readVersion(written ?? old ?? '');
  const base = {
    path: written === undefined && old !== undefined ? ['ignitionVersion'] : path,
    at: 'value',
  } as const;
  if (found.kind === 'known') {
    const message = `${quoteValue(written)} is read by test builds of Ignition only`;
    const problem: DataProblem = {
      ...base,
      severity: 'warning',
      message,
      hint: 'write a version that is out, such as "3.3.0"',
    };
    return { kind: 'ok', minor: found.minor, problems: found.isExperimental ? [problem] : [] };
  }
  const message =
    written === undefined && old === undefined
      ? 'the version of the spec is missing'
      : `${quoteValue(written ?? old)} is no version that muster reads: it reads 3.0.0 to 3.6.0`;
  const hint =
    found.kind === 'old'
      ? 'translate it with ign-converter, or from its Container Linux Config with Butane; Flatcar reads spec 2 as it is, Fedora CoreOS does not'
      : 'write "version": "3.3.0", which Flatcar and Fedora CoreOS read';
  return { kind: 'bad', problem: { ...base, severity: 'error', message, hint } };
}

/** What YAML takes and JSON does not: comments, single quotes, a comma at the end. */
function findJsonFault(text: string): Issue | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    const before = text.slice(0, Number(/at position (\d+)/.exec(said)?.[1] ?? 0)).split('\n');
    const message = `this is not JSON: ${said.replace(/ in JSON at position.*$/s, '')}`;
    const place = { line: before.length, column: (before.at(-1) ?? '').length + 1 };
    const hint = 'JSON has no comments, double quotes only, and no comma after the last item';
    return { severity: 'error', path: '', ...place, message, hint };
  }
}
