// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest';
import { type BootPlan, type BootStage, bootHandler } from '../../src/boot/index.js';
import { bootMachine, bootPlan, bootProfile } from '../../src/boot/testing.js';
import { type HttpGet, realOpenFile, silentLog } from '../../src/effects/index.js';
import { type FirmwareMachine, runFirmware } from '../../src/providers/index.js';

/** A boot server with no socket, a clock that never waits, and one machine that boots from it. */
function openRack(plans: readonly (BootPlan | undefined)[], machine: Partial<FirmwareMachine> = {}) {
  const stages: BootStage[] = [];
  const log: string[] = [];
  const off = new AbortController();
  const state = { sleeps: 0 };
  const handler = bootHandler({
    plan: () => plans[Math.min(state.sleeps, plans.length - 1)],
    onStage: (stage) => stages.push(stage),
    openFile: realOpenFile,
    log: silentLog,
  });
  const httpGet: HttpGet = async (url) => {
    const response = await handler(new Request(url));
    const body = new Uint8Array(await response.arrayBuffer());
    return { status: response.status, headers: Object.fromEntries(response.headers), body };
  };
  const clock = {
    now: () => 0,
    monotonic: () => 0,
    sleep: async () => {
      state.sleeps += 1;
      if (state.sleeps > 20) off.abort();
    },
  };
  const { mac, uuid } = bootMachine(1).marks;
  const kernel = runFirmware(
    { httpGet, clock, console: (line) => log.push(line) },
    { marks: { mac, uuid }, bootUrl: 'http://127.77.4.1:7070/boot.ipxe', ...machine },
    off.signal,
  );
  return { kernel, stages, log, state };
}

/** Kernel arguments by name. */
function argumentsOf(commandLine: string): ReadonlyMap<string, string> {
  return new Map(
    commandLine.split(' ').map((arg) => {
      const at = arg.indexOf('=');
      return [arg.slice(0, at), arg.slice(at + 1)] as const;
    }),
  );
}

test('a machine that knows its MAC, its UUID and a URL boots the agent with all that it needs', async () => {
  const metadata = { role: 'web server', list: 'a,b=c', dollar: `\${mac}` };
  const { kernel, stages } = openRack([bootPlan([bootMachine(2), bootMachine(1, { metadata })])]);
  const { commandLine } = await kernel;
  const args = argumentsOf(commandLine);
  expect(args.get('muster.name')).toBe('core-01');
  expect(args.get('muster.etcd')).toBe('http://127.77.4.1:2379');
  expect(args.get('muster.ttl')).toBe('10');
  expect(args.get('systemd.machine_id')).toBe(bootMachine(1).machineId);
  expect(args.get('muster.private_ipv4')).toBe('127.77.4.101');
  const pairs = (args.get('muster.metadata') ?? '')
    .split(',')
    .map((pair) => pair.split('=').map(decodeURIComponent));
  expect(Object.fromEntries(pairs)).toEqual(metadata);
  expect(stages).toEqual([{ at: 'script', machine: 'core-01', profile: 'default' }]);
});

test('its user-data is where the kernel arguments say', async () => {
  const plan = bootPlan([bootMachine(1)]);
  const { commandLine } = await openRack([plan]).kernel;
  const handler = bootHandler({
    plan: () => plan,
    onStage: () => {},
    openFile: realOpenFile,
    log: silentLog,
  });
  const response = await handler(new Request(argumentsOf(commandLine).get('cloud-config-url') ?? ''));
  expect(await response.text()).toContain('public-ip: "127.77.4.101"');
});

test('a machine is known by its serial number, whatever is in it', async () => {
  const serial = 'Box One/#1 & more';
  const marks = { mac: '52:54:00:11:22:33', uuid: '00000000-0000-4000-8000-000000000001', serial };
  const plan = bootPlan([bootMachine(1, { marks })]);
  const { kernel } = openRack([plan], { marks: { mac: '52:54:00:99:99:99', serial } });
  expect(argumentsOf((await kernel).commandLine).get('muster.name')).toBe('core-01');
});

test('a machine that nobody knows says so and waits, until somebody does', async () => {
  const { kernel, stages, log } = openRack([bootPlan([]), bootPlan([]), bootPlan([bootMachine(1)])]);
  await kernel;
  expect(stages.map(({ at }) => at)).toEqual(['unknown', 'unknown', 'script']);
  const { mac, uuid } = bootMachine(1).marks;
  const said = `muster: no machine of this cluster has mac ${mac} or uuid ${uuid} or serial `;
  expect(log.filter((line) => line === said)).toHaveLength(2);
});

test('a machine waits for a cluster that is not set up yet', async () => {
  const { kernel, log, state } = openRack([undefined, bootPlan([bootMachine(1)])]);
  await kernel;
  expect(log).toContain('muster: the cluster is not set up yet, asking again every 5 seconds');
  expect(state.sleeps).toBe(1);
});

test('a machine whose profile is broken tries again until it is mended', async () => {
  const broken = bootPlan([bootMachine(1)], [bootProfile({ args: ['a\nb'] })]);
  const { kernel, log } = openRack([broken, bootPlan([bootMachine(1)])]);
  await kernel;
  expect(log.some((line) => line.endsWith('the server answered 500'))).toBe(true);
  expect(log).toContain('muster: no answer, asking again in 5 seconds');
});

test('a profile for real machines is an error that names the kernel', async () => {
  const asset = { sha256: 'a'.repeat(64), path: '/images/vmlinuz', sizeBytes: 1, modifiedMs: 0 };
  const image = { kind: 'ready', kernel: asset, initrds: [], args: [] } as const;
  const { kernel } = openRack([bootPlan([bootMachine(1)], [bootProfile({ image })])]);
  await expect(kernel).rejects.toMatchObject({ code: 'providers/unfit-kernel' });
});
