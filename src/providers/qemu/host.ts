// SPDX-License-Identifier: Apache-2.0

import { join } from 'node:path';
import type { Exit } from '../../effects/index.js';
import { fail } from '../errors.js';
import { findNamespace } from '../network/links/cluster-link.js';
import { namespaceFolder } from '../network/links/names.js';
import { plugTap, unplugTap } from '../network/links/taps.js';
import { findChosenBlock } from '../network/loopback-block.js';
import { cutPower } from '../processes/cut-power.js';
import { explainExit } from '../processes/end-reasons.js';
import type { Launch } from '../processes/host-scope.js';
import { type MachineFolder, machineFolder, readRecord } from '../processes/machine-record.js';
import { openProcessHost } from '../processes/process-host.js';
import type { Host, MachineOrder, ProviderContext, ProviderDeps } from '../provider.js';
import { type Acceleration, checkProgram, chooseAcceleration } from './acceleration.js';
import { forwardedPort, qemuArguments, socketName, type Wires } from './command-line.js';
import { findPanic, keepConsoles } from './consoles.js';
import { introduceHost } from './dhcp.js';
import { segmentOf } from './network.js';
import { readQemuOptions } from './options.js';
import { runQmp } from './qmp.js';

/** How long a machine may take to shut down when its power button was pressed. */
const stopLimitMs = 15_000;
const mebibyte = 1024 * 1024;
const sshPort = 22;

/**
 * The machines of one cluster as virtual machines, each a QEMU that outlives this process. Its folder has the console, the
 * disk where it has one, and what the last power-on left: QEMU's words and its control socket.
 */
export function openQemuHost(deps: ProviderDeps, context: ProviderContext): Host {
  const { exec, files, log } = deps;
  const { folder } = context;
  const options = readQemuOptions(context.options);
  const namespace = () => findNamespace(files, folder, context.clusterName);
  const chosen: { acceleration?: Promise<Acceleration> } = {};

  const accelerate = async () => {
    chosen.acceleration ??= chooseAcceleration(deps, options);
    const { accel, why } = await chosen.acceleration.catch((error: unknown) => {
      delete chosen.acceleration;
      throw error;
    });
    if (why !== '')
      log.info('machines are emulated, which is slow', { reason: `KVM does not work here: ${why}` });
    return accel;
  };

  const wire = async (order: MachineOrder): Promise<Wires> => {
    if (options.network === 'bridge') {
      await introduceHost(files, folder, order);
      return { kind: 'tap', device: await plugTap(exec, await namespace(), order.mac) };
    }
    const block = await findChosenBlock(deps, context, undefined);
    if (block === undefined) throw new Error('the cluster has no network');
    return { kind: 'user', segment: segmentOf(block) };
  };

  const enter = async () => {
    const path = join(namespaceFolder, await namespace());
    const isThere = options.network === 'bridge' && (await files.stat(path)) !== undefined;
    return isThere ? ['nsenter', `--net=${path}`] : [];
  };

  const launch = async (order: MachineOrder, at: MachineFolder): Promise<Launch> => {
    await checkProgram(deps, options);
    const accel = await accelerate();
    // Each power-on has a console of its own; the one before is kept beside it.
    if ((await files.stat(at.console)) !== undefined) await files.move(at.console, `${at.console}.old`);
    if (options.diskMib !== undefined) await makeDisk(at, options.diskMib);
    const args = qemuArguments({ order, options, accel, wires: await wire(order) });
    const [command = options.program, ...words] = [...(await enter()), options.program, ...args];
    const { NODE_EXTRA_CA_CERTS: _ours, ...environment } = deps.environment;
    return { command: [command, ...words], cwd: at.root, environment, logFile: logOf(at) };
  };

  /** A disk is never made smaller. */
  const makeDisk = async (at: MachineFolder, mib: number) => {
    const path = join(at.folder, 'disk.raw');
    const found = await files.stat(path);
    if ((found?.sizeBytes ?? 0) < mib * mebibyte) await files.truncate(path, mib * mebibyte);
  };

  const retire = async (name: string) => {
    if (options.network === 'user') return;
    const record = await readRecord(files, machineFolder(folder, name));
    if (record !== undefined) await unplugTap(exec, await namespace(), record.order.mac);
  };

  const tell = (at: MachineFolder, execute: string) => runQmp(deps, join(at.root, socketName), { execute });

  const { at, ...machines } = openProcessHost(deps, folder, {
    launch,
    askToEnd: async (_main, at) => {
      await tell(at, 'system_powerdown').catch((error: unknown) => {
        log.debug('a machine has no power button', { machine: at.name, reason: String(error) });
      });
    },
    endLimitMs: stopLimitMs,
    retire,
    explainExit: (at, exit) => explain(at, exit),
  });

  const explain = async (at: MachineFolder, exit: Exit) => {
    const panic = await findPanic(files, at.console);
    if (panic !== undefined) return `kernel panic: ${panic}`;
    return explainExit(files, logOf(at), exit);
  };

  const orderOf = async (name: string) => (await readRecord(files, at(name)))?.order;

  const faultOf = (execute: string) => async (name: string) => {
    await tell(at(name), execute).catch((error: unknown) => {
      throw fail(
        'providers/no-answer',
        { name, why: error instanceof Error ? error.message : String(error) },
        error,
      );
    });
  };

  return {
    ...machines,
    async *watchEnds(signal) {
      const done = new AbortController();
      const on = async () =>
        (await machines.list()).filter(({ state }) => state === 'on').map(({ name }) => at(name));
      const keeping = keepConsoles(
        { ...deps, machines: on, reset: (one) => tell(one, 'system_reset'), end: (one) => tell(one, 'quit') },
        AbortSignal.any([signal, done.signal]),
      ).catch((error: unknown) =>
        log.error('consoles are not looked after any more', { error: String(error) }),
      );
      try {
        yield* machines.watchEnds(signal);
      } finally {
        done.abort();
        await keeping;
      }
    },
    rootFolder: () => undefined,
    enter,
    async sshAt(name) {
      const order = await orderOf(name);
      if (order === undefined) return undefined;
      if (options.network === 'bridge') return { address: order.address, port: sshPort };
      return { address: order.reachAddress, port: forwardedPort(sshPort) };
    },
    faults: {
      cutPower: (name) => cutPower(deps, at(name).root),
      freeze: faultOf('stop'),
      thaw: faultOf('cont'),
      killProgram: async (name, program) => killProgram(name, program),
    },
  };

  async function killProgram(name: string, program: string): Promise<number> {
    throw fail('providers/no-answer', { name, why: `nobody can kill ${program} in it` });
  }
}

function logOf(at: MachineFolder): string {
  return join(at.root, 'qemu.log');
}
