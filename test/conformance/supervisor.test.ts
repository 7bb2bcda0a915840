// SPDX-License-Identifier: Apache-2.0

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe } from 'vitest';
import { openLocalSupervisor, openSystemdSupervisor } from '../../src/agent/index.js';
import {
  type Files,
  randomHex,
  realClock,
  realExec,
  realFiles,
  realRandom,
  silentLog,
} from '../../src/effects/index.js';
import {
  bootSystemd,
  canBootSystemd,
  filesBelow,
  type SystemdMachine,
} from '../component/systemd-machine.js';
import { type SupervisedNode, supervisorSuite } from './supervisor-suite.js';

const effects = { clock: realClock, exec: realExec, files: realFiles, log: silentLog };

supervisorSuite('in a folder, by muster', async () => {
  const root = await mkdtemp(join(tmpdir(), 'muster-node-'));
  const files: Files = filesBelow(root);
  await files.makeFolder('/run');
  const context = { root, machineId: randomHex(realRandom, 16), bootId: 'b007', hostname: 'core-01' };
  const supervisor = openLocalSupervisor({ ...effects, builtins: new Map() }, context);
  return {
    supervisor,
    files,
    async close() {
      await supervisor.stopAll();
      await rm(root, { recursive: true, force: true });
    },
  };
});

describe.skipIf(!canBootSystemd)('a machine', () => {
  const shared: { machine: Promise<SystemdMachine> | undefined } = { machine: undefined };
  afterAll(async () => {
    await (await shared.machine)?.close();
  });

  /** One machine for all tests; each leaves it without units of its own. */
  supervisorSuite('of its own, by systemd', async (): Promise<SupervisedNode> => {
    shared.machine ??= bootSystemd({
      commandLine: 'quiet',
      machineId: randomHex(realRandom, 16),
      bootId: randomHex(realRandom, 16),
      hasMuster: false,
    });
    const { exec, files, run } = await shared.machine;
    const reports = { read: async () => [], async *changes() {} };
    const supervisor = openSystemdSupervisor({ ...effects, exec, files, reports });
    return {
      supervisor,
      files,
      async close() {
        const units = (await supervisor.list()).map(({ name }) => name);
        await supervisor.stopAll();
        await run('systemctl', 'stop', '--', 'none.target', ...units).catch(() => {});
        for (const name of (await files.list('/etc/systemd/system')) ?? []) {
          const path = `/etc/systemd/system/${name}`;
          if (
            (await files.readLink(path).catch(() => undefined)) !== '/dev/null' ||
            name === 'masked.service'
          )
            await files.remove(path);
        }
        await run('systemctl', 'daemon-reload');
        await run('systemctl', 'reset-failed');
        await Promise.all(['first', 'go', 'said', 'muster/done'].map((name) => files.remove(`/run/${name}`)));
      },
    };
  });
});
