// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest';
import { parseCluster } from '../cluster-files.js';
import { type ClusterPlan, planCluster } from '../cluster-plan.js';
import { planClusterChange } from './plan-changes.js';
import { renderClusterChange } from './run-diff.js';

const network = { controlAddress: '127.77.4.1', addressOf: (index: number) => `127.77.4.${101 + index}` };

function plan(file: string, userData = '#cloud-config\n'): ClusterPlan {
  const parsed = parseCluster(`userData: user-data\n${file}`);
  if (parsed.kind === 'bad') throw new Error(JSON.stringify(parsed.issues));
  return planCluster(parsed.spec, new Map([['user-data', userData]]), { clusterId: 'a'.repeat(32), network });
}

const three = 'machines: [{name: a}, {name: b}, {name: c}]\n';
const motd = (text: string) => `#cloud-config\nwrite_files:\n  - path: /etc/motd\n    content: ${text}\n`;

test('the same files change nothing', () => {
  const change = planClusterChange(plan(three), plan(three));
  expect(change.settings).toEqual([]);
  expect(change.machines.map(({ kind }) => kind)).toEqual(['same', 'same', 'same']);
  expect(renderClusterChange(change)).toBe('');
});

test('a changed text is shown with its variables filled in, for each machine', () => {
  const change = planClusterChange(
    plan(three, motd('$muster_name')),
    plan(three, motd('$muster_name at $private_ipv4')),
  );
  expect(renderClusterChange({ ...change, machines: change.machines.slice(1, 2) })).toBe(
    [
      'machine b is changed',
      '--- applied/b',
      '+++ edited/b',
      '@@ -1,4 +1,4 @@',
      ' #cloud-config',
      ' write_files:',
      '   - path: /etc/motd',
      '-    content: b',
      '+    content: b at 127.77.4.102',
      '',
    ].join('\n'),
  );
});

test('an override of one machine changes that one alone, and is no field of its own', () => {
  const change = planClusterChange(
    plan(three),
    plan('machines: [{name: a}, {name: b, userData: {hostname: x}}, {name: c}]\n'),
  );
  expect(change.machines.map(({ name, kind, fields }) => [name, kind, fields])).toEqual([
    ['a', 'same', []],
    ['b', 'changed', []],
    ['c', 'same', []],
  ]);
});

test('settings, fields, and machines that come and go', () => {
  const change = planClusterChange(
    plan(three),
    plan('agentTtl: 7s\nmachines: [{name: a, metadata: {rack: r1}}, {name: b}, {name: d}]\n'),
  );
  expect(change.settings).toEqual(['agentTtlSeconds changes from 10 to 7']);
  const kinds = change.machines.map(({ name, kind }) => `${name} ${kind}`);
  expect(kinds).toEqual(['a changed', 'b same', 'd added', 'c removed']);
  expect(change.machines[0]?.fields).toEqual(['metadata.rack changes from nothing to "r1"']);
  expect(renderClusterChange(change)).toContain('--- /dev/null\n+++ edited/d\n');
  expect(renderClusterChange(change)).toContain('--- applied/c\n+++ /dev/null\n');
});

test('a machine that moves to another place in the file gets another address', () => {
  const change = planClusterChange(plan(three), plan('machines: [{name: b}, {name: a}, {name: c}]\n'));
  expect(change.machines.map(({ name, fields }) => [name, ...fields])).toEqual([
    ['b', 'its address changes from 127.77.4.102 to 127.77.4.101'],
    ['a', 'its address changes from 127.77.4.101 to 127.77.4.102'],
    ['c'],
  ]);
});
