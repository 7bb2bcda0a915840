// SPDX-License-Identifier: Apache-2.0
// apt of another Debian release beside the computer's own: the same mirror, keys and proxy, but its lists and
// packages in a folder of their own. What the computer has configured is read and never changed.

import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';

/** Names of the main suite of a release; `bookworm-updates` and other archives are left out. */
const mainSuites = new Set([
  'bullseye',
  'bookworm',
  'trixie',
  'forky',
  'sid',
  'oldstable',
  'stable',
  'testing',
  'unstable',
]);

/** Calls `use` with the options for apt-get that make it see `suite` only; afterwards its lists are gone. */
export function withForeignApt(suite, use) {
  mkdirSync('.cache', { recursive: true });
  const folder = mkdtempSync(resolve('.cache/apt-'));
  try {
    const options = prepare(folder, suite);
    attempt(suite, () =>
      execFileSync('apt-get', ['-q', ...options, 'update'], { stdio: ['ignore', 'ignore', 'pipe'] }),
    );
    attempt(suite, () => use(options));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Whatever apt says, the reader wants one sentence. */
function attempt(suite, run) {
  try {
    run();
  } catch (error) {
    const said = String(error.stderr ?? error.message);
    const line = said.split('\n').find((one) => one.startsWith('E:')) ?? said.split('\n')[0];
    throw new Error(
      `cannot get packages of Debian ${suite} from the mirror of this computer: ${line.replace(/^E: */, '')}`,
    );
  }
}

function prepare(folder, suite) {
  for (const name of ['state/lists/partial', 'cache/archives/partial', 'etc/sources']) {
    mkdirSync(join(folder, name), { recursive: true });
  }
  writeFileSync(join(folder, 'status'), '');
  const { styled, lined } = foreignSources(suite);
  if (styled === '' && lined === '')
    throw new Error(`this computer has no source of Debian packages to get ${suite} from`);
  writeFileSync(join(folder, 'etc/sources/main.sources'), styled);
  writeFileSync(join(folder, 'etc/sources/main.list'), lined);
  return [
    `Dir::State=${join(folder, 'state')}`,
    `Dir::State::status=${join(folder, 'status')}`,
    `Dir::Cache=${join(folder, 'cache')}`,
    'Dir::Etc::sourcelist=/dev/null',
    `Dir::Etc::sourceparts=${join(folder, 'etc/sources')}`,
    'Dir::Etc::preferences=/dev/null',
    'Dir::Etc::preferencesparts=/dev/null',
    'Acquire::Languages=none',
    'Acquire::Retries=2',
    'APT::Update::Error-Mode=any',
  ].flatMap((option) => ['-o', option]);
}

/** The computer's sources of its own main suite, with `suite` in its place; both ways of writing them. */
function foreignSources(suite) {
  const folder = '/etc/apt/sources.list.d';
  const parts = existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
  const read = (path) => (existsSync(path) ? readFileSync(path, 'utf8') : '');
  const lists = ['/etc/apt/sources.list', ...parts.filter((path) => path.endsWith('.list'))];
  return {
    styled: parts
      .filter((path) => path.endsWith('.sources'))
      .flatMap((path) => read(path).split(/\n\s*\n/))
      .flatMap((stanza) => foreignStanza(stanza, suite))
      .join('\n\n'),
    lined: lists
      .flatMap((path) => read(path).split('\n'))
      .flatMap((line) => foreignLine(line, suite))
      .join('\n'),
  };
}

function foreignStanza(stanza, suite) {
  const suites = /^Suites:(.*)$/im.exec(stanza)?.[1]?.trim().split(/\s+/) ?? [];
  const isOff = /^Enabled:\s*no/im.test(stanza);
  if (isOff || !/^Types:.*\bdeb\b/im.test(stanza) || !suites.some((one) => mainSuites.has(one))) return [];
  return [`${stanza.trim().replace(/^Suites:.*$/im, `Suites: ${suite}`)}\n`];
}

function foreignLine(line, suite) {
  const [, head, own, rest] = /^\s*(deb\s+(?:\[[^\]]*\]\s+)?\S+\s+)(\S+)(\s+.*)$/.exec(line) ?? [];
  return own !== undefined && mainSuites.has(own) ? [`${head}${suite}${rest}`] : [];
}
