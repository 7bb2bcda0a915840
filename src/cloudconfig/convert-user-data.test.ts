// SPDX-License-Identifier: Apache-2.0

import { describe, expect, test } from 'vitest';
import { renderIssue } from '../model/index.js';
import { type ConvertOptions, convertUserData } from './convert-user-data.js';
import { goldenOf, readGolden, sampleFacts } from './testing.js';

const toIgnition: ConvertOptions = { to: 'ignition', variant: 'flatcar' };

function convert(text: string, options: ConvertOptions) {
  const converted = convertUserData(text, options);
  if (converted.kind === 'bad') throw new Error(JSON.stringify(converted.issues));
  return converted;
}

/** What is told beside a conversion, as an operator sees it. */
function report(name: string, issues: Parameters<typeof renderIssue>[1][]): string {
  return issues.map((issue) => `${renderIssue(name, issue)}\n`).join('');
}

describe('each section to Ignition and back', () => {
  test.each([
    'hostname.yaml',
    'users.yaml',
    'files.yaml',
    'units.yaml',
    'daemons.yaml',
    'etcd.yaml',
    'system.yaml',
    'variables.yaml',
    'unknown.yaml',
    'script.yaml',
  ])('%s', (file) => {
    const text = readGolden(`convert/${file}`);
    const name = `convert/${file.replace('.yaml', '')}`;
    const made = convert(text, toIgnition);
    expect(made.text).toBe(goldenOf(`${name}.to.ign`, made.text));
    const told = report(file, [...made.issues]);
    expect(told).toBe(goldenOf(`${name}.report`, told));
    const butane = convert(text, { ...toIgnition, to: 'butane' });
    expect(butane.text).toBe(goldenOf(`${name}.to.bu`, butane.text));
    const back = convert(made.text, { ...toIgnition, to: 'cloud-config' });
    expect(back.text).toBe(goldenOf(`${name}.back.yaml`, back.text));
    expect(convert(back.text, toIgnition).text).toBe(made.text);
  });
});

test('an Ignition config to cloud-config: what has no equal is told by its place', () => {
  const made = convert(readGolden('convert/ignition.ign'), { to: 'cloud-config', variant: 'flatcar' });
  expect(made.text).toBe(goldenOf('convert/ignition.to.yaml', made.text));
  const told = report('ignition.ign', [...made.issues]);
  expect(told).toBe(goldenOf('convert/ignition.report', told));
});

test('an Ignition config to Butane, of the version that knows all that it says', () => {
  const made = convert(readGolden('convert/ignition.ign'), { to: 'butane', variant: 'fcos' });
  expect(made.text).toBe(goldenOf('convert/ignition.to.bu', made.text));
  expect(made.text).toContain('version: 1.5.0\n');
});

test('with the facts of a machine, variables are filled in and nothing is left to do at boot', () => {
  const made = convert(readGolden('convert/variables.yaml'), { ...toIgnition, facts: sampleFacts });
  expect(made.text).toBe(goldenOf('convert/variables.core-01.ign', made.text));
  expect(made.text).not.toContain('muster-fill');
});

test('Fedora CoreOS has no units of CoreOS: they are told', () => {
  const made = convert(readGolden('convert/daemons.yaml'), { to: 'ignition', variant: 'fcos' });
  const told = report('daemons.yaml', [...made.issues]);
  expect(told).toBe(goldenOf('convert/daemons.fcos.report', told));
});

test('what stops a unit names it such that systemd, which undoes escapes in commands, finds it', () => {
  const name = String.raw`dev-x\x2dy.mount`;
  const text = `#cloud-config\ncoreos:\n  units:\n    - {name: ${name}, command: stop}\n`;
  const made = convert(text, toIgnition).text;
  const [unit] = JSON.parse(made).systemd.units;
  expect(unit.contents).toContain(String.raw`systemctl stop dev-x\\x2dy.mount`);
  expect(unit.contents).toContain(`After=${name}\n`);
  expect(convert(made, { ...toIgnition, to: 'cloud-config' }).text).toContain(`name: ${name}`);
});
