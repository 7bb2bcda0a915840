// SPDX-License-Identifier: Apache-2.0

import type { DataPath, DataProblem } from '../spec/index.js';
import type { CloudConfig } from './cloud-config.js';

/**
 * Looks at a whole config for what no section can see by itself. Paths and lines are as `DataProblem` has them; what
 * could not be read is empty in the config, and of a list has an empty item in its place.
 */
export type Rule = (config: CloudConfig) => readonly DataProblem[];

/** The kinds of problems that a report may hold, each with what it is about. */
export const problemRules = {
  header: 'the first line says what kind of user-data this is',
  size: 'user-data holds up to 1 MiB',
  encoding: 'user-data is text in UTF-8',
  yaml: 'the text is YAML',
  'old-yaml': 'the text is YAML as readers of 2014 take it',
  'duplicate-key': 'each key stands once',
  'unknown-key': 'keys have the names that cloud-config knows, in their places',
  'deprecated-key': 'keys that were given up are not used',
  'empty-value': 'keys have values',
  'wrong-type': 'values have the type that the key takes',
  'wrong-value': 'values are such that the key takes them',
  'doubtful-value': 'values look like what the key is for',
  'unit-syntax': 'unit files have the syntax of systemd',
  'unknown-directive': 'unit files hold sections and directives that systemd knows',
  'unit-undefined': 'units that are started or enabled exist',
  'unit-conflict': 'what is asked of a unit can be had together',
  'unit-incomplete': 'unit files hold what systemd demands',
  'etcd-bootstrap': 'etcd is told one way to find its cluster, and itself in it',
  'etcd-address': 'etcd advertises what others can reach',
  'etcd-tls': 'certificates and keys of etcd come together',
  'etcd-timing': 'elections of etcd wait for several heartbeats',
  'port-clash': 'each port has one listener',
  'read-only-path': 'files are written where the system can be written',
  'file-conflict': 'each file is written by one part of the config',
  secret: 'secrets do not stand in a text that whoever asks is given',
  'retired-service': 'services that current systems no longer bring are not counted on',
  variable: 'variables are written such that they are replaced',
  script: 'scripts can be run',
  ignition: 'Ignition configs are such that Ignition takes them',
} as const;

export type ProblemRule = keyof typeof problemRules;

/** A problem of a rule, at a value unless `at` says otherwise. */
export function problem(
  rule: ProblemRule,
  severity: DataProblem['severity'],
  path: DataPath,
  [message, hint]: readonly [message: string, hint: string],
  where: Pick<DataProblem, 'line'> & { readonly at?: DataProblem['at'] } = {},
): DataProblem {
  return { severity, rule, path, at: 'value', ...where, message, hint };
}
