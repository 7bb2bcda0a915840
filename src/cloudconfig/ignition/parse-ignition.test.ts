// SPDX-License-Identifier: Apache-2.0

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readGolden } from '../testing.js';
import { parseIgnition } from './parse-ignition.js';

const head = '"ignition": {"version": "3.3.0"}';

/** Each as `line:column severity path: message`. */
function issuesOf(text: string): readonly string[] {
  return parseIgnition(text).issues.map(
    ({ line, column, severity, path, message }) => `${line}:${column} ${severity} ${path}: ${message}`,
  );
}

test('a config that is right is read without a word', () => {
  const read = parseIgnition(readGolden('convert/ignition.ign'));
  expect(read).toMatchObject({ kind: 'ok', issues: [] });
  expect(read.kind === 'ok' && read.config.storage?.files?.length).toBe(5);
});

test('tabs, escapes and surrogates of JSON are read as JSON has them', () => {
  const read = parseIgnition(
    `{\n\t${head},\n\t"passwd": {"users": [{"name": "a", "gecos": "\\/\\ud83d\\ude00\\t"}]}\n}`,
  );
  expect(read.kind === 'ok' && read.config.passwd?.users?.[0]?.gecos).toBe('/😀\t');
});

describe('what is wrong is told at its place', () => {
  test.each([
    [
      '{"ignition": {"version": "3.3.0"},}',
      ['1:35 error : this is not JSON: Expected double-quoted property name'],
    ],
    [
      `{${head}, "storage": {"files": [{"path": "x"}]}}`,
      ['1:67 error storage.files[0].path: "x" is not a path that is absolute and clean'],
    ],
    [
      `{${head},\n "systemd": {"units": [{"name": "a.service", "enabel": true}]}}`,
      ['2:46 warning systemd.units[0].enabel: unknown key "enabel"'],
    ],
    [
      `{${head},\n "passwd": {"users": [{"name": "a", "gecos": 1}]}}`,
      ['2:46 error passwd.users[0].gecos: text is expected here, not "1"'],
    ],
    [
      `{${head}, "systemd": {"units": [{"name": "a.service", "contents": "[Unit]"}]},\n "storage": {"files": [{"path": "/etc/systemd/system/a.service"}]}}`,
      ['2:33 error storage.files[0].path: "/etc/systemd/system/a.service" is written by systemd.units, too'],
    ],
    [
      '{"ignition": {"version": "2.3.0"}}',
      ['1:26 error ignition.version: "2.3.0" is no version that muster reads: it reads 3.0.0 to 3.6.0'],
    ],
    [
      '{"ignitionVersion": 1}',
      ['1:21 error ignitionVersion: "1" is no version that muster reads: it reads 3.0.0 to 3.6.0'],
    ],
    [
      '{"ignition": {"version": "3.7.0-experimental"}}',
      ['1:26 warning ignition.version: "3.7.0-experimental" is read by test builds of Ignition only'],
    ],
    [
      '{"ignition": {"version": "3.1.0"},\n "storage": {"luks": [{"name": "a", "device": "/dev/sda"}]}}',
      ['2:14 warning storage.luks: "luks" is not in spec 3.1 and is left aside'],
    ],
    [
      '{"ignition": {"version": "3.5.0"},\n "storage": {"files": [{"path": "/a", "mode": 2541}]}}',
      [
        '2:47 warning storage.files[0].mode: setuid, setgid and sticky bits are not set by spec 3.5 and older',
      ],
    ],
    ['{"ignition": {"version": "3.6.0"},\n "storage": {"files": [{"path": "/a", "mode": 2541}]}}', []],
  ])('%s', (text, issues) => {
    expect(issuesOf(text)).toEqual(issues);
  });
});

test('any text and any JSON gives a report, never an error', () => {
  fc.assert(fc.property(fc.string(), (text) => parseIgnition(text).kind !== undefined));
  fc.assert(
    fc.property(fc.json(), (json) => {
      const text = `{${head}, "storage": ${json}, "systemd": ${json}, "passwd": ${json}}`;
      return parseIgnition(text).kind !== undefined;
    }),
  );
});
