// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest';
import { openSite, type Site } from './harness.js';

const file = [
  'name: conf',
  'agentTtl: 3s',
  'userData: user-data',
  'machines:',
  '  - name: alpha',
  '    mac: 52:54:00:00:00:01',
  '  - name: beta',
  '    mac: 52:54:00:00:00:02',
  '    userData: {hostname: second}',
  '',
].join('\n');

const userData = (motd: string) =>
  [
    '#cloud-config',
    'write_files:',
    '  - path: /etc/motd',
    `    content: ${motd}`,
    '  - path: /etc/raw',
    '    content: \\$private_ipv4 is $private_ipv4$public_ipv4 on $muster_name',
    '',
  ].join('\n');

/** What a boot of the machine is really served. */
async function served(site: Site, mac: string): Promise<string> {
  const { control } = (await site.status()).endpoints;
  const answer = await fetch(`${control}/user-data?mac=${mac}`);
  expect(answer.status).toBe(200);
  return answer.text();
}

test('render is what a boot gets, byte for byte; diff is what applying would change', async () => {
  await using site = await openSite();
  await site.write('cluster.yaml', file);
  await site.write('user-data', userData('hello'));

  const early = await site.muster('config', 'render', 'alpha');
  expect(early).toMatchObject({ code: 0, stdout: expect.stringContaining('$private_ipv4 is  on alpha') });
  expect(early.stderr).toContain('never up');
  expect(await site.muster('config', 'diff')).toMatchObject({ code: 1, stdout: '' });

  expect(await site.muster('up')).toMatchObject({ code: 0 });
  const [alpha, beta] = await Promise.all(
    ['alpha', 'beta'].map((name) => site.muster('config', 'render', name)),
  );
  expect(alpha).toMatchObject({ code: 0, stderr: '', stdout: await served(site, '52:54:00:00:00:01') });
  expect(beta).toMatchObject({ code: 0, stderr: '', stdout: await served(site, '52:54:00:00:00:02') });
  expect(beta?.stdout).toContain('hostname: second');
  expect(await site.muster('config', 'diff')).toEqual({ code: 0, stdout: '', stderr: '' });

  await site.write('user-data', userData('good day, $private_ipv4'));
  const applied = await site.muster('config', 'render', 'alpha', '--applied');
  expect(applied.stdout).toBe(await served(site, '52:54:00:00:00:01'));
  const diff = await site.muster('config', 'diff');
  expect(diff).toMatchObject({ code: 3, stderr: '' });
  expect(diff.stdout).toMatch(
    /machine alpha is changed\n--- applied\/alpha\n\+\+\+ edited\/alpha\n[\s\S]*^- {4}content: hello\n\+ {4}content: good day, 127\./m,
  );
  const json = await site.muster('config', 'diff', 'beta', '-o', 'json');
  expect(json.code).toBe(3);
  expect(JSON.parse(json.stdout)).toMatchObject({
    settings: [],
    machines: [{ name: 'beta', kind: 'changed' }],
  });
  expect(await site.muster('config', 'render', 'gamma')).toMatchObject({ code: 1, stdout: '' });

  expect(await site.muster('up')).toMatchObject({ code: 0 });
  expect((await site.muster('config', 'diff')).code).toBe(0);
  expect((await site.muster('config', 'render', 'alpha')).stdout).toBe(
    await served(site, '52:54:00:00:00:01'),
  );
});
