// SPDX-License-Identifier: Apache-2.0

import { afterEach, describe, expect, test } from 'vitest';
import { type Listening, listen, randomHex, realRandom } from '../../src/effects/index.js';
import { keyOf, textOf } from '../../src/etcd/index.js';
import { machineId } from '../../src/model/index.js';
import { memoryStore } from '../../src/store/testing.js';
import { checkUnit } from '../../src/units/index.js';
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
  const parts: { machine?: SystemdMachine; server?: Listening; store?: { close(): Promise<void> } } = {};
  afterEach(async () => {
    await parts.machine?.close();
    await parts.server?.close();
    await parts.store?.close();
    delete parts.machine;
    delete parts.server;
    delete parts.store;
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

  test('keeps the units of the cluster while its agent is away, and gives up what was taken from it meanwhile', async () => {
    const store = await memoryStore({}, { minLeaseTtlSeconds: 1 });
    const served = await store.serve({ host: '127.0.0.1', port: 0 });
    parts.store = { close: () => served.close().then(() => store.close()) };
    const id = machineId(randomHex(realRandom, 16));
    const put = (key: string, value: string) => store.kv.put({ key: keyOf(key), value: keyOf(value) });
    const order = async (name: string) => {
      const checked = checkUnit(name, '[Service]\nExecStart=/bin/sleep 600\n');
      if (checked.kind === 'bad') throw new Error('the unit is bad');
      const { hash, text } = checked.unit;
      await put(`/_coreos.com/fleet/unit/${hash}`, JSON.stringify({ Raw: text }));
      const entry = { hash, state: 'launched', restart: 0 };
      await put(`/_muster_units/schedule/${id}/${name}`, JSON.stringify(entry));
    };
    await order('kept.service');
    await order('taken.service');
    const machine = await bootSystemd({
      commandLine: `quiet muster.etcd=${served.url} muster.ttl=3 muster.name=core-01`,
      machineId: id,
      bootId: randomHex(realRandom, 16),
      hasMuster: true,
    });
    parts.machine = machine;
    const { exec, files, run } = machine;
    const pidOf = (unit: string) => run('systemctl', 'show', '--value', '--property=MainPID', unit);
    const isActive = async (unit: string) => (await exec.run('systemctl', ['is-active', unit])).stdout.trim();
    const stateOf = async (unit: string) => {
      const key = keyOf(`/_coreos.com/fleet/states/${unit}/${id}`);
      const [found] = (await store.kv.range({ key })).kvs;
      return found && (JSON.parse(textOf(found.value)) as { readonly activeState: string }).activeState;
    };
    for (const unit of ['kept.service', 'taken.service'])
      await expect.poll(() => stateOf(unit), { timeout: 60_000 }).toBe('active');
    const [kept, taken] = [await pidOf('kept.service'), await pidOf('taken.service')];

    // It is gone without a word, long enough for its lease.
    await run('systemctl', 'kill', '--signal=KILL', '--kill-whom=main', 'muster-agent.service');
    await run('systemctl', 'stop', 'muster-agent.service');
    await expect.poll(() => stateOf('kept.service'), { timeout: 20_000 }).toBeUndefined();
    expect([await pidOf('kept.service'), await pidOf('taken.service')]).toEqual([kept, taken]);
    await store.kv.deleteRange({ key: keyOf(`/_muster_units/schedule/${id}/taken.service`) });
    await run('systemctl', 'start', 'muster-agent.service');
    await expect.poll(() => stateOf('kept.service'), { timeout: 60_000 }).toBe('active');
    await expect.poll(() => isActive('taken.service'), { timeout: 60_000 }).toBe('inactive');
    await expect.poll(() => files.readText('/run/systemd/system/taken.service')).toBeUndefined();
    expect(await pidOf('kept.service')).toBe(kept);
  });
});
