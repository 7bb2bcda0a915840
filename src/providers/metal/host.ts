// SPDX-License-Identifier: Apache-2.0

import { fail } from '../errors.js';
import { openLanes } from '../processes/lanes.js';
import {
  isMachineName,
  listMachineNames,
  type MachineFolder,
  machineFolder,
  readRecord,
  writeRecord,
} from '../processes/machine-record.js';
import type { Host, HostedMachine, MachineOrder, ProviderContext, ProviderDeps } from '../provider.js';
import { readMetalOptions } from './options.js';
import { readPower, runPower } from './power.js';

const sshPort = 22;
/** A machine that is told to go off may stop its units first. */
const offLimitMs = 90_000;
const lookEveryMs = 1_000;

/**
 * Machines that somebody else made. What it switches, it switches by the operator's power command; without one, to power on is
 * to wait until somebody presses the button, and to power off is to count on a machine no longer.
 */
export function openMetalHost(deps: ProviderDeps, context: ProviderContext): Host {
  const { clock, files, log } = deps;
  const { folder, options } = context;
  const { power } = readMetalOptions(options);
  const canSwitch = power.length > 0;
  const inLane = openLanes();
  const at = (name: string): MachineFolder => {
    if (!isMachineName(name)) throw fail('providers/bad-name', { name });
    return machineFolder(folder, name);
  };

  const switched = async (order: MachineOrder, action: 'on' | 'off') => {
    try {
      await runPower(deps, power, order, action);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw fail('providers/cannot-switch', { name: order.name, action, why }, error);
    }
  };

  const stateOf = async (name: string): Promise<HostedMachine> => {
    const record = await readRecord(files, at(name));
    if (record === undefined) return { name, state: 'off', reason: 'its record is missing or damaged' };
    const wanted = record.isOn === true ? 'on' : 'off';
    const reason = wanted === 'off' ? { reason: 'powered off' } : {};
    if (!canSwitch) return { name, state: wanted, ...reason };
    try {
      const state = (await readPower(deps, power, record.order)) ?? wanted;
      if (state === 'on' || wanted === 'off') return { name, state, ...(state === 'off' && reason) };
      return { name, state, reason: 'it has no power' };
    } catch (error) {
      log.warn('cannot tell whether a machine has power', { machine: name, reason: String(error) });
      return { name, state: wanted, ...reason };
    }
  };

  const powerOn = async (order: MachineOrder): Promise<boolean> => {
    const place = at(order.name);
    const before = await readRecord(files, place);
    await files.makeFolder(place.folder, 0o700);
    // Before the switch: one that is on and forgotten would be switched by nobody any more.
    await writeRecord(files, place, { order, isOn: true });
    if (!canSwitch) {
      const wasOn = before?.isOn === true;
      if (!wasOn) log.info('waiting for a machine that somebody has to power on', { machine: order.name });
      return !wasOn;
    }
    const state = await readPower(deps, power, order).catch(() => undefined);
    if (state === 'on' && before?.isOn === true) return false;
    // One that runs something else, or has run since before the cluster, has to boot.
    if (state === 'on') await turnOff(order);
    await switched(order, 'on');
    return true;
  };

  const turnOff = async (order: MachineOrder) => {
    await switched(order, 'off');
    const until = clock.monotonic() + offLimitMs;
    while (clock.monotonic() < until) {
      if ((await readPower(deps, power, order).catch(() => undefined)) !== 'on') return;
      await clock.sleep(lookEveryMs);
    }
    const why = `it still has power after ${offLimitMs / 1_000} s`;
    throw fail('providers/cannot-switch', { name: order.name, action: 'off', why });
  };

  const powerOff = async (name: string) => {
    const record = await readRecord(files, at(name));
    if (record === undefined) return;
    if (canSwitch) await turnOff(record.order);
    else if (record.isOn === true) log.info('somebody has to power a machine off', { machine: name });
    await writeRecord(files, at(name), { order: record.order, isOn: false });
  };

  return {
    powerOn: (order) => inLane(order.name, () => powerOn(order)),
    powerOff: (name) => inLane(name, () => powerOff(name)),
    destroy: (name) =>
      inLane(name, async () => {
        await powerOff(name);
        await files.remove(at(name).folder);
      }),
    list: async () => Promise.all((await listMachineNames(files, folder)).map(stateOf)),
    // Nobody tells when a machine loses its power: its lease does.
    async *watchEnds(signal) {
      await new Promise<void>((resolve) => {
        if (signal.aborted) resolve();
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
    },
    consoleFile: (name) => at(name).console,
    rootFolder: () => undefined,
    enter: async () => [],
    async sshAt(name) {
      const address = (await readRecord(files, at(name)))?.order.address ?? '';
      return address === '' ? undefined : { address, port: sshPort };
    },
  };
}
