// SPDX-License-Identifier: Apache-2.0

import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parseUserData, planActions, substitute, validateUserData } from '../../src/cloudconfig/index.js';
import { sampleFacts } from '../../src/cloudconfig/testing.js';

const corpus = join(import.meta.dirname, '../corpus');
/** systemd looks no further than here for units, but for its own. */
const state = { folder: '' };

beforeEach(async () => {
  state.folder = await mkdtemp(join(tmpdir(), 'muster-units-'));
});
afterEach(() => rm(state.folder, { recursive: true, force: true }));

/** Writes what a config makes of /etc/systemd/system and /run/systemd/system; returns the units' names. */
async function writeUnits(text: string): Promise<readonly string[]> {
  const parsed = parseUserData(substitute(text, sampleFacts));
  if (parsed.kind !== 'cloud-config') throw new Error(JSON.stringify(parsed));
  const names = new Set<string>();
  for (const action of planActions(parsed.config, sampleFacts)) {
    const place =
      action.kind === 'write-file' ? /^\/(?:etc|run)\/systemd\/system\/(.*)$/.exec(action.path) : null;
    if (action.kind !== 'write-file' || place?.[1] === undefined) continue;
    const path = join(state.folder, place[1]);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, action.content);
    names.add(place[1].replace(/\.d\/.*$/, ''));
  }
  return [...names];
}

/** What systemd says against units; drop-ins get a unit to stand beside. Programs need not be here. */
async function complaints(names: readonly string[]): Promise<readonly string[]> {
  const there = new Set(await readdir(state.folder));
  for (const name of names)
    if (!there.has(name)) await writeFile(join(state.folder, name), '[Service]\nExecStart=/bin/true\n');
  const files = names.filter((name) => !name.includes('@.')).map((name) => join(state.folder, name));
  const env = { SYSTEMD_UNIT_PATH: `${state.folder}:`, SYSTEMD_LOG_LEVEL: 'warning' };
  const { stderr } = await execa('systemd-analyze', ['verify', '--man=no', ...files], { env, reject: false });
  return stderr
    .split('\n')
    .filter((line) => line.includes(state.folder) || names.some((name) => line.startsWith(`${name}:`)))
    .filter((line) => !/is not executable|not-found|Failed to add dependency/.test(line))
    .map((line) => line.replaceAll(`${state.folder}/`, ''));
}

test.each([
  ...[
    'units-all',
    'app-docker-compose',
    'etcd2-all-options',
    'etcd2-tls',
    'etcd-0.4',
    'fleet-all',
    'locksmith',
  ],
  ...['flannel', 'article-basic'],
])('systemd has nothing against the units of %s', async (name) => {
  const names = await writeUnits(await readFile(join(corpus, `${name}.yaml`), 'utf8'));
  expect(names.length).toBeGreaterThan(0);
  expect(await complaints(names)).toEqual([]);
});

test('directives that systemd does not know are those that are told', async () => {
  const text = await readFile(join(corpus, 'units-unknown-directives.yaml'), 'utf8');
  const told = validateUserData(Buffer.from(text)).issues.flatMap(
    ({ message }) => /^"(\w+)" is no directive/.exec(message)?.[1] ?? [],
  );
  const said = (await complaints(await writeUnits(text))).flatMap(
    (line) => /Unknown key(?: name)? '(\w+)'/.exec(line)?.[1] ?? [],
  );
  expect([...said].sort()).toEqual([...told].sort());
});

test('every directive that the systemd at hand knows is known', async () => {
  const { stdout } = await execa('/lib/systemd/systemd', ['--dump-configuration-items']);
  const sections = stdout.split(/^(?=\[)/m).filter((text) => text.startsWith('['));
  expect(sections.length).toBeGreaterThan(10);
  const units = sections.map((text, index) => {
    const section = /^\[(\w+)\]/.exec(text)?.[1] ?? '';
    const kind = ['Unit', 'Install'].includes(section) ? 'target' : section.toLowerCase();
    const lines = text.split('\n').map((line) => line.replace(/=.*/, '=x'));
    return { name: `a${index}.${kind}`, content: lines.join('\n') };
  });
  const text = `#cloud-config\n${JSON.stringify({ coreos: { units } })}\n`;
  const { issues } = validateUserData(Buffer.from(text));
  expect(issues.filter(({ rule }) => rule === 'unknown-directive')).toEqual([]);
});
