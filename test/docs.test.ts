// SPDX-License-Identifier: Apache-2.0

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { agentErrors } from '../src/agent/index.js';
import { bootErrors } from '../src/boot/index.js';
import { bootstrapErrors } from '../src/bootstrap/index.js';
import { type Command, cliErrors, commands, flatten } from '../src/cli/index.js';
import { etcdErrors } from '../src/etcd/index.js';
import { imageErrors } from '../src/image/index.js';
import { lockErrors } from '../src/lock/index.js';
import type { ErrorTable } from '../src/model/index.js';
import { providersErrors } from '../src/providers/index.js';
import { storeErrors } from '../src/store/index.js';

/** `npm run docs` writes the pages that this test compares. */
const isUpdate = process.env.UPDATE_DOCS === '1';
const root = join(import.meta.dirname, '..');

const tables: Readonly<Record<string, ErrorTable>> = {
  cli: cliErrors,
  providers: providersErrors,
  boot: bootErrors,
  agent: agentErrors,
  bootstrap: bootstrapErrors,
  store: storeErrors,
  etcd: etcdErrors,
  lock: lockErrors,
  image: imageErrors,
};

function renderErrors(): string {
  const parts = Object.entries(tables).map(([room, table]) => {
    const rows = Object.entries(table).map(
      ([code, { message, next, httpStatus, retry }]) =>
        `| <a id="${code.replace('/', '-')}"></a>\`${code}\` | ${cell(message)} | ${cell(next)} | ${httpStatus} | ${retry ?? 'never'} |`,
    );
    return `## ${room}\n\n| code | message | what to do | HTTP | retry |\n|---|---|---|---|---|\n${rows.join('\n')}\n`;
  });
  return `# Errors\n\n<!-- Made by \`npm run docs\` of the tables in src/*/errors.ts. -->\n\nEvery error ends with its code in brackets. Codes are never reused or renamed.\n\n${parts.join('\n')}`;
}

function renderCli(): string {
  return `# Commands\n\n<!-- Made by \`npm run docs\` of src/cli/commands/. -->\n\nExit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.\n\n${flatten(
    commands,
  )
    .map(([words, command]) => renderCommand(words, command))
    .join('\n')}`;
}

function renderCommand(words: string, command: Command): string {
  const args = command.args.map(({ name }) => ` ${name}`).join('');
  const flags = command.flags.map(
    (flag) =>
      `| \`${flag.name}\` | ${cell(flag.description)} | ${flag.choices?.join(', ') ?? ''} | ${flag.default ?? ''} |`,
  );
  const table =
    flags.length === 0 ? '' : `\n| flag | | one of | default |\n|---|---|---|---|\n${flags.join('\n')}\n`;
  const examples = command.examples.map(([line, meaning]) =>
    meaning === '' ? line : `${line}   # ${meaning}`,
  );
  return `## muster ${words}${args}\n\n${command.description}\n${table}\n\`\`\`sh\n${examples.join('\n')}\n\`\`\`\n`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll('\n', ' ');
}

test.each([
  ['docs/errors.md', renderErrors],
  ['docs/cli.md', renderCli],
])('%s says what the code says', (path, render) => {
  if (isUpdate) writeFileSync(join(root, path), render());
  expect(readFileSync(join(root, path), 'utf8')).toBe(render());
});

test('every error says what happened and what to do, in the house’s form', () => {
  for (const [room, table] of Object.entries(tables)) {
    for (const [code, { message, next }] of Object.entries(table)) {
      expect(code).toMatch(new RegExp(`^${room}/[a-z0-9-]+$`));
      expect(message, code).not.toMatch(/\.$/);
      expect(next.length, code).toBeGreaterThan(5);
    }
  }
});

test('links between pages lead somewhere', () => {
  const pages = [
    'README.md',
    'CONTRIBUTING.md',
    ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.md'))
      .map((path) => `docs/${path}`),
  ];
  const broken = pages.flatMap((page) =>
    [...readFileSync(join(root, page), 'utf8').matchAll(/\]\((?!https?:|#)([^)#]+)/g)]
      .map(([, link]) => link ?? '')
      .filter((link) => !existsSync(join(root, dirname(page), link)))
      .map((link) => `${page}: ${link}`),
  );
  expect(broken).toEqual([]);
});
