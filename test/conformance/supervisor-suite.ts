// SPDX-License-Identifier: Apache-2.0

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Supervisor, UnitStatus } from '../../src/agent/index.js';
import type { Files } from '../../src/effects/index.js';

/** A node with nothing on it, and what runs its units. */
export interface SupervisedNode {
  readonly supervisor: Supervisor;
  /** Paths as the node sees them. */
  readonly files: Files;
  close(): Promise<void>;
}

/** What every supervisor does alike, whatever runs the units. Units find the node's root in `$MUSTER_ROOT`. */
export function supervisorSuite(name: string, openNode: () => Promise<SupervisedNode>): void {
  describe(name, () => {
    const bench: { node: SupervisedNode | undefined } = { node: undefined };
    beforeEach(async () => {
      bench.node = await openNode();
    });
    afterEach(async () => {
      await bench.node?.close();
      bench.node = undefined;
    });
    const node = () => {
      if (bench.node === undefined) throw new Error('there is no node');
      return bench.node;
    };

    const write = async (unit: string, lines: readonly string[]) => {
      const path = `/etc/systemd/system/${unit}`;
      await node().files.makeFolder(path.slice(0, path.lastIndexOf('/')));
      await node().files.write(path, `${lines.join('\n')}\n`, { mode: 0o644 });
    };
    const service = (unit: string, ...lines: readonly string[]) => write(unit, ['[Service]', ...lines]);
    const command = (unit: string, verb: Parameters<Supervisor['command']>[1]) =>
      node().supervisor.command(unit, verb);
    const status = (unit: string) => node().supervisor.status(unit);
    const until = async (unit: string, isWanted: (status: UnitStatus) => boolean) => {
      const { signal } = new AbortController();
      for (let seen = -1; ; ) {
        seen = await node().supervisor.changed(seen, signal);
        const found = (await node().supervisor.list()).find((one) => one.name === unit);
        if (found !== undefined && isWanted(found)) return found;
      }
    };

    test('a service is started once and stopped once', async () => {
      await service('stay.service', 'ExecStart=/bin/sleep 600');
      await node().supervisor.reload();
      expect(await command('stay.service', 'start')).toBe('changed');
      const running = await status('stay.service');
      expect(running).toMatchObject({ load: 'loaded', active: 'active', sub: 'running' });
      expect(running.pid).toBeGreaterThan(1);
      expect(await command('stay.service', 'start')).toBe('unchanged');
      expect(await status('stay.service')).toEqual(running);
      expect(await command('stay.service', 'restart')).toBe('changed');
      expect((await status('stay.service')).pid).not.toBe(running.pid);
      expect(await command('stay.service', 'stop')).toBe('changed');
      const stopped = await status('stay.service');
      expect(stopped).toMatchObject({ active: 'inactive', sub: 'dead' });
      expect(stopped).not.toHaveProperty('isDone');
      expect(await command('stay.service', 'stop')).toBe('unchanged');
      expect(await command('stay.service', 'try-restart')).toBe('unchanged');
    });

    test('work that ends well is done, and work that fails is refused', async () => {
      await service('once.service', 'Type=oneshot', 'ExecStart=/bin/true');
      await service('bad.service', 'Type=oneshot', 'ExecStart=/bin/sh -c "exit 3"');
      await service('kept.service', 'Type=oneshot', 'RemainAfterExit=yes', 'ExecStart=/bin/true');
      await node().supervisor.reload();
      await command('once.service', 'start');
      expect(await status('once.service')).toMatchObject({ active: 'inactive', isDone: true });
      await command('kept.service', 'start');
      expect(await status('kept.service')).toMatchObject({ active: 'active', sub: 'exited' });
      await expect(command('bad.service', 'start')).rejects.toMatchObject({
        code: 'agent/unit-failed',
        message: expect.stringContaining('exited with code 3'),
      });
      expect(await status('bad.service')).toMatchObject({ active: 'failed', reason: 'exited with code 3' });
    });

    test('what is not there, masked or not to be understood is refused', async () => {
      const masked = '/etc/systemd/system/masked.service';
      await service('empty.service', 'Restart=no');
      await node().files.link('/dev/null', masked);
      await node().supervisor.reload();
      await expect(command('absent.service', 'start')).rejects.toMatchObject({
        code: 'agent/unit-not-found',
      });
      await expect(command('masked.service', 'start')).rejects.toMatchObject({ code: 'agent/unit-masked' });
      await expect(command('empty.service', 'start')).rejects.toMatchObject({ code: 'agent/unit-bad' });
      expect(await status('absent.service')).toMatchObject({ load: 'not-found' });
      expect(await status('masked.service')).toMatchObject({ load: 'masked' });
      expect(await node().supervisor.statuses(['masked.service', 'absent.service'])).toMatchObject([
        { name: 'masked.service', load: 'masked' },
        { name: 'absent.service', load: 'not-found' },
      ]);
      const listed = (await node().supervisor.list()).map(({ name }) => name);
      expect(listed).not.toContain('absent.service');
    });

    test('a drop-in counts after a reload, at the next start', async () => {
      const said = () => node().files.readText('/run/said');
      await service(
        'say.service',
        'Type=oneshot',
        'Environment=WORD=first',
        `ExecStart=/bin/sh -c 'echo "$WORD" > "$MUSTER_ROOT/run/said"'`,
      );
      await node().supervisor.reload();
      await command('say.service', 'start');
      expect(await said()).toBe('first\n');
      await write('say.service.d/10-word.conf', ['[Service]', 'Environment=WORD=second']);
      await node().supervisor.reload();
      expect(await said()).toBe('first\n');
      await command('say.service', 'restart');
      expect(await said()).toBe('second\n');
    });

    test('a unit is enabled by a link, once', async () => {
      const link = '/etc/systemd/system/multi-user.target.wants/stay.service';
      await write('stay.service', [
        '[Service]',
        'ExecStart=/bin/true',
        '[Install]',
        'WantedBy=multi-user.target',
      ]);
      await node().supervisor.reload();
      const { supervisor, files } = node();
      expect(await supervisor.isEnabled('stay.service', { isRuntime: false })).toBe(false);
      expect(await supervisor.enable('stay.service', { isRuntime: false })).toBe('changed');
      expect((await files.stat(link))?.kind).toBe('link');
      expect(await supervisor.isEnabled('stay.service', { isRuntime: false })).toBe(true);
      expect(await supervisor.enable('stay.service', { isRuntime: false })).toBe('unchanged');
    });

    test('a unit brings those along that it requires, before itself', async () => {
      await write('second.service', [
        '[Unit]',
        'Requires=first.service',
        'After=first.service',
        '[Service]',
        'Type=oneshot',
        'RemainAfterExit=yes',
        `ExecStart=/bin/sh -c 'test -e "$MUSTER_ROOT/run/first"'`,
      ]);
      await service(
        'first.service',
        'Type=oneshot',
        'RemainAfterExit=yes',
        `ExecStart=/bin/sh -c 'sleep 0.2; echo > "$MUSTER_ROOT/run/first"'`,
      );
      await node().supervisor.reload();
      await command('second.service', 'start');
      expect(await status('first.service')).toMatchObject({ active: 'active' });
      expect(await status('second.service')).toMatchObject({ active: 'active' });
    });

    test('a condition that is not met leaves nothing to do', async () => {
      await write('maybe.service', [
        '[Unit]',
        'ConditionPathExists=/run/never',
        '[Service]',
        'ExecStart=/bin/sleep 600',
      ]);
      await node().supervisor.reload();
      await command('maybe.service', 'start');
      expect(await status('maybe.service')).toMatchObject({ active: 'inactive', isDone: true });
    });

    test('a service that ends by itself is noticed', async () => {
      await service(
        'wait.service',
        `ExecStart=/bin/sh -c 'while [ ! -e "$MUSTER_ROOT/run/go" ]; do sleep 0.05; done; exit 4'`,
      );
      await node().supervisor.reload();
      await command('wait.service', 'start');
      await until('wait.service', ({ active }) => active === 'active');
      await node().files.write('/run/go', '');
      expect(await until('wait.service', ({ active }) => active === 'failed')).toMatchObject({
        reason: 'exited with code 4',
      });
      expect(await command('wait.service', 'stop')).toBe('unchanged');
    });
  });
}
