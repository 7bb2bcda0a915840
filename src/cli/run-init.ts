// SPDX-License-Identifier: Apache-2.0

import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { realFiles } from '../effects/index.js';
import { renderClusterFile } from '../spec/index.js';
import { parseCluster } from './cluster-files.js';
import { type CommandInput, type ExitCode, isSet, textFlag } from './command.js';
import { defaultUserData } from './default-user-data.js';
import { fail } from './errors.js';
import { howCalled } from './machine-table.js';

export async function runInit({ args, flags }: CommandInput): Promise<ExitCode> {
  const folder = resolve(args[0] ?? '.');
  const name = textFlag(flags, 'name') ?? 'muster';
  const text = renderClusterFile({ name, userData: 'user-data' });
  const parsed = parseCluster(text);
  if (parsed.kind === 'bad') {
    const [issue] = parsed.issues;
    throw fail('cli/usage', { problem: `--name: ${issue?.message}`, hint: issue?.hint ?? '' });
  }
  const files = [
    { path: join(folder, 'cluster.yaml'), text },
    { path: join(folder, 'user-data'), text: defaultUserData },
  ];
  const taken = files.find(({ path }) => existsSync(path));
  if (taken !== undefined && !isSet(flags, 'force')) throw fail('cli/file-exists', { path: taken.path });
  await mkdir(folder, { recursive: true });
  for (const file of files) {
    await realFiles.write(file.path, file.text, { mode: 0o644 });
    process.stdout.write(`wrote ${relative(process.cwd(), file.path)}\n`);
  }
  const where = args[0] === undefined ? '' : ` -f ${relative(process.cwd(), join(folder, 'cluster.yaml'))}`;
  process.stdout.write(`edit them, then: ${howCalled()} up${where}\n`);
  return 0;
}
