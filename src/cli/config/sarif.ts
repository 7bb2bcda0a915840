// SPDX-License-Identifier: Apache-2.0

import { pathToFileURL } from 'node:url';
import { type FileIssue, problemRules } from '../../cloudconfig/index.js';
import { version } from '../version.js';

const levels = { error: 'error', warning: 'warning', info: 'note' } as const;

/**
 * Issues as a log of SARIF 2.1.0, which code hosts and editors show beside the lines.
 *
 * Source: OASIS, Static Analysis Results Interchange Format 2.1.0, 3.13 to 3.58.
 */
export function renderSarif(issues: readonly FileIssue[]): Readonly<Record<string, unknown>> {
  const rules = Object.entries(problemRules).map(([id, text]) => ({ id, shortDescription: { text } }));
  const indexes = new Map(rules.map(({ id }, index) => [id, index]));
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'muster', version, rules } },
        columnKind: 'utf16CodeUnits',
        results: issues.map((issue) => resultOf(issue, indexes)),
      },
    ],
  };
}

function resultOf(issue: FileIssue, indexes: ReadonlyMap<string, number>) {
  const { file, line, column, path, rule = 'yaml', severity, message, hint } = issue;
  const place = {
    artifactLocation: { uri: uriOf(file) },
    region: { startLine: line, startColumn: column },
  };
  return {
    ruleId: rule,
    ruleIndex: indexes.get(rule) ?? -1,
    level: levels[severity],
    message: { text: hint === '' ? message : `${message}: ${hint}` },
    locations: [
      {
        physicalLocation: place,
        ...(path !== '' && { logicalLocations: [{ fullyQualifiedName: path }] }),
      },
    ],
  };
}

/** A relative path stays relative, so that a report is the same wherever it is made. */
function uriOf(file: string): string {
  if (file === '<stdin>') return 'stdin';
  return file.startsWith('/') ? pathToFileURL(file).href : file.split('/').map(encodeURIComponent).join('/');
}
