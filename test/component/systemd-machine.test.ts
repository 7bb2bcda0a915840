// SPDX-License-Identifier: Apache-2.0

import { afterEach, describe, expect, test } from 'vitest';
import { type Listening, listen, randomHex, realRandom } from '../../src/effects/index.js';
import { bootSystemd, canBootSystemd, type SystemdMachine } from './systemd-machine.js';

const userData = `#cloud-config
hostname: web-01
users:
  - name: deploy
    groups: [adm]
write_files:
  - path: /etc/motd
    permissions: '0640'
    content: |
      hello
coreos:
  units:
    - name: stay.service
      command: start
      content: |
        [Service]
        ExecStart=/bin/sleep 600
      drop_ins:
        - name: 10-word.conf
          content: |
            [Service]
            Environment=WORD=second
    - name: once.service
      command: start
      content: |
        [Service]
        Type=oneshot
        ExecStart=/bin/sh -c 'echo ran >> /run/once'
    - name: bad.service
      command: start
      content: |
        [Service]
        Type=oneshot
        ExecStart=/bin/sh -c 'exit 3'
    - name: fleet.service
      command: start
    - name: off.service
      mask: true
`;

describe.skipIf(!canBootSystemd)('a machine of systemd', () => {
  const parts: { machine?: SystemdMachine; server?: Listening } = {};
  afterEach(async () => {
    await parts.machine?.close();
    await parts.server?.close();
  });

  test('takes its cloud-config before its units start, once, whatever becomes of the agent', async () => {
    parts.server = await listen(async () => new Response(userData), { host: '127.0.0.1', port: 0 });
    const machine = await bootSystemd({
      commandLine: `quiet cloud-config-url=${parts.server.url}/user-data muster.name=core-01`,
      machineId: randomHex(realRandom, 16),
      bootId: randomHex(realRandom, 16),
      hasMuster: true,
    });
    parts.machine = machine;
    const { exec, files, run } = machine;
    // Until nothing is left to do: one unit has failed.
    const settled = async (unit: string) => {
      while ((await exec.run('systemctl', ['is-active', unit])).stdout.trim() !== 'active')
        await new Promise((done) => setTimeout(done, 100));
    };
    await settled('muster-agent.service');
    await settled('fleet.service');
    expect(await run('hostname')).toBe('web-01');
    expect(await run('id', '-nG', 'deploy')).toBe('deploy adm');
    expect(await run('stat', '-c', '%a %s', '/etc/motd')).toBe('640 6');
    expect(await run('systemctl', 'show', '--value', '--property=Environment', 'stay.service')).toBe(
      'WORD=second',
    );
    expect(await run('systemctl', 'show', '--value', '--property=LoadState', 'off.service')).toBe('masked');
    expect((await exec.run('systemctl', ['is-failed', 'bad.service'])).stdout.trim()).toBe('failed');

    const pidOf = (unit: string) => run('systemctl', 'show', '--value', '--property=MainPID', unit);
    const stay = await pidOf('stay.service');
    const agent = await pidOf('muster-agent.service');
    await run('systemctl', 'restart', 'muster-agent.service');
    expect(await pidOf('muster-agent.service')).not.toBe(agent);
    expect(await pidOf('stay.service')).toBe(stay);
    // The new agent has come as far as the unit that fails, which it tries again, so past the one that had ended well.
    const failures = async () => {
      const said = await run('journalctl', '--no-pager', '--output=cat', '--unit=muster-agent.service');
      return said
        .split('\n')
        .filter((line) => line.includes('"action done"') && line.includes('exited with code 3'));
    };
    while ((await failures()).length < 2) await new Promise((done) => setTimeout(done, 100));
    expect(await files.readText('/run/once')).toBe('ran\n');
    expect(await pidOf('stay.service')).toBe(stay);
  });
});
