// SPDX-License-Identifier: Apache-2.0

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { execa } from 'execa';
import { expect, test } from 'vitest';

/** Runs in the namespace: performs the actions that a config plans on the real `/`, and prints what became of them. */
const child = `
import { readFileSync } from 'node:fs';
import { performActions } from ${JSON.stringify(resolve('src/agent/index.ts'))};
import { parseUserData, planActions } from ${JSON.stringify(resolve('src/cloudconfig/index.ts'))};
import { realExec, realFiles, realHttpGet, silentLog } from ${JSON.stringify(resolve('src/effects/index.ts'))};
import { sampleFacts } from ${JSON.stringify(resolve('src/cloudconfig/testing.ts'))};
const parsed = parseUserData(readFileSync(process.argv[2], 'utf8'));
const kinds = ['ensure-user', 'authorize-keys'];
const actions = planActions(parsed.config, sampleFacts).filter(({ kind }) => kinds.includes(kind));
const deps = { files: realFiles, exec: realExec, httpGet: realHttpGet, log: silentLog, isSuperuser: true };
const told = [];
for (const _ of [1, 2]) {
  const reports = await performActions(deps, '/', actions);
  told.push(reports.map(({ action, outcome, message }) => [action.kind, outcome, message ?? ''].join(' ').trim()));
}
process.stdout.write(JSON.stringify(told));
`;

/**
 * A mount namespace of its own in which /etc and /home are copies: what the machine's own tools write there is gone with
 * it. It must not run where those mounts failed, hence the mark in the copy.
 */
const inCopy = `
set -e
mount --make-rprivate /
mkdir "$1/etc" "$1/home"
cp -a /etc/. "$1/etc/"
touch "$1/etc/a-copy"
mount --bind "$1/home" /home
mount -t tmpfs none /var/log
mount -t tmpfs none /var/mail
mount --bind "$1/etc" /etc
test -e /etc/a-copy
"$2" "$1/child.mjs" "$1/user-data" >"$1/told"
getent passwd muster-web muster-sys >"$1/passwd" || true
grep -E '^(muster-web|muster-sys):' /etc/shadow >"$1/shadow"
getent group muster-web >"$1/group" || true
stat -c '%a %U %n' /home/muster-web /home/muster-web/.ssh /home/muster-web/.ssh/authorized_keys >"$1/modes"
cat /home/muster-web/.ssh/authorized_keys >"$1/keys"
`;

const userData = `#cloud-config
users:
  - name: muster-web
    gecos: Web, of muster
    passwd: $6$salt$abcdefgh
    groups: [adm, users]
    shell: /bin/sh
    ssh_authorized_keys: [ssh-ed25519 AAAA web]
  - name: muster-sys
    system: true
    no-create-home: true
    no-user-group: true
  - name: muster-odd
    groups: [no-such-group]
`;

test.runIf(process.getuid?.() === 0)(
  'users of the machine itself, by its own useradd and chpasswd',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'muster-accounts-'));
    const before = await readFile('/etc/passwd', 'utf8');
    try {
      await build({
        stdin: { contents: child, resolveDir: resolve('.'), loader: 'js' },
        outfile: join(folder, 'child.mjs'),
        bundle: true,
        platform: 'node',
        format: 'esm',
        banner: { js: "import { createRequire } from 'node:module';const require = createRequire('/');" },
        logLevel: 'error',
      });
      await writeFile(join(folder, 'user-data'), userData);
      await execa('unshare', ['--mount', 'sh', '-c', inCopy, 'sh', folder, process.execPath], {
        timeout: 60_000,
      });
      const read = (name: string) => readFile(join(folder, name), 'utf8');
      const [first, second] = JSON.parse(await read('told'));
      const odd =
        'ensure-user failed cannot make user "muster-odd": useradd: group \'no-such-group\' does not exist';
      expect(first).toEqual(['ensure-user changed', 'authorize-keys changed', 'ensure-user changed', odd]);
      expect(second).toEqual([
        'ensure-user unchanged',
        'authorize-keys unchanged',
        'ensure-user unchanged',
        odd,
      ]);
      const [web = '', sys = ''] = (await read('passwd')).split('\n');
      expect(web).toMatch(/^muster-web:x:\d{4,}:\d+:Web, of muster:\/home\/muster-web:\/bin\/sh$/);
      expect(Number(sys.split(':')[2])).toBeLessThan(1000);
      expect(await read('shadow')).toMatch(/^muster-web:\$6\$salt\$abcdefgh:.*\nmuster-sys:\*:/);
      expect(await read('group')).toMatch(/^muster-web:/);
      expect(await read('keys')).toBe('ssh-ed25519 AAAA web\n');
      expect(await read('modes')).toMatch(/700 muster-web \S+\.ssh\n600 muster-web \S+authorized_keys\n$/);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
    expect(await readFile('/etc/passwd', 'utf8')).toBe(before);
  },
);
