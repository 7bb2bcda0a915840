// SPDX-License-Identifier: Apache-2.0

import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { availableParallelism, networkInterfaces, totalmem } from 'node:os';
import { resolve } from 'node:path';
import { z } from 'zod';
import {
  type LocalSupervisorDeps,
  type Membership,
  type NodeContext,
  openLocalSupervisor,
  openSystemdSupervisor,
  parseKernelArguments,
  runAgent,
} from '../agent/index.js';
import { realClock, realExec, realFiles, realHttpGet, realRandom } from '../effects/index.js';
import { connect, holdLease } from '../etcd/index.js';
import { isMusterError } from '../model/index.js';
import { runFirmware } from '../providers/index.js';
import { openRegistry } from '../registry/index.js';
import { builtinUnits } from './builtin-units.js';
import { type CommandInput, type ExitCode, type FlagValues, textFlag } from './command.js';
import { fail } from './errors.js';
import { gunzip } from './gunzip.js';
import { openLog } from './log.js';
import { pinnedGet } from './pinned-get.js';
import { runUnit } from './run-unit.js';
import { openSharedStore } from './shared-store.js';
import { notifySystemd } from './systemd-notify.js';
import { unitReports } from './unit-reports.js';
import { version } from './version.js';
import { whileAnnounced } from './while-announced.js';

/** Runs until `signal` fires: as a whole local machine when it is told where to boot from, else as a service. */
export async function runAgentCommand({ flags, signal }: CommandInput): Promise<ExitCode> {
  // It reads a few documents in all its life: compiling a reader for each would take longer than reading them.
  z.config({ jitless: true });
  const root = resolve(textFlag(flags, 'root') ?? '/');
  await mkdir(root, { recursive: true });
  const commandLine = await findCommandLine(flags, signal);
  if (commandLine === undefined) return 0;
  const unit = textFlag(flags, 'unit');
  if (unit !== undefined) return runUnit(unit, commandLine, signal);
  const log = openLog('agent');
  const isMachine =
    root === '/' && textFlag(flags, 'bootUrl') === undefined && existsSync('/run/systemd/system');
  const { machineId, store, privateIpv4, ttlSeconds } = parseKernelArguments(commandLine);
  // Members and forwarders serve at the same address.
  const shared = store.isShared ? openSharedStore(`http://${privateIpv4}:2379`, ttlSeconds, log) : undefined;
  const effects = { clock: realClock, exec: realExec, files: realFiles, log };
  const openSupervisor = isMachine
    ? () => openSystemdSupervisor({ ...effects, reports: unitReports })
    : openLocal(effects, builtinUnits(commandLine, root, log));
  await runAgent(
    {
      ...effects,
      httpGet: realHttpGet,
      userDataGet: await pinnedGet(textFlag(flags, 'caFile')),
      random: realRandom,
      gunzip,
      isSuperuser: process.getuid?.() === 0,
      openSupervisor,
      ...(isMachine && { onPrepared: () => void notifySystemd('READY=1', log), ownAddresses }),
      openMembership: async (endpoints): Promise<Membership> => {
        const kv = connect(endpoints);
        const deps = { kv, clock: realClock, log };
        const registry = openRegistry(deps);
        return {
          hold: (ttlSeconds, whileHeld, until) =>
            holdLease(
              deps,
              ttlSeconds,
              (lease, lost) => whileAnnounced(registry, machineId, (until) => whileHeld(lease, until), lost),
              until,
            ),
          announce: (lease, machine, state) => {
            shared?.publish(machine);
            return registry.machines.announce(lease, machine, state);
          },
          watchConfig: (name, until) => registry.machines.watchConfig(name, until),
          schedule: (lease, machine, name) => ({
            async *watchSchedule(until) {
              const host = { name, memoryBytes: totalmem(), cpus: availableParallelism() };
              await registry.units.announceHost(lease, machine, host);
              yield* registry.units.watchSchedule(machine, until);
            },
            text: (hash) => registry.units.text(hash),
            report: (reports) => registry.units.report(lease, machine, reports),
          }),
          close: () => kv.close(),
        };
      },
    },
    { commandLine, root, version, ...(isMachine && { bootId: await readBootId() }) },
    signal,
  ).finally(() => shared?.close());
  return 0;
}

/** The units are made first, before the user-data is there: a member's program can be looked at meanwhile. */
function openLocal(
  effects: Omit<LocalSupervisorDeps, 'builtins'>,
  builtins: LocalSupervisorDeps['builtins'],
) {
  return (context: NodeContext) => openLocalSupervisor({ ...effects, builtins }, context);
}

/** Of the boot, for as long as the kernel runs: an agent that starts anew is no machine that does. */
async function readBootId(): Promise<string> {
  return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim().replaceAll('-', '');
}

function ownAddresses(): readonly string[] {
  return Object.values(networkInterfaces()).flatMap((found = []) =>
    found.filter(({ family, internal }) => family === 'IPv4' && !internal).map(({ address }) => address),
  );
}

/** What the kernel was told; `undefined`: the machine was powered off before it had booted. */
async function findCommandLine(flags: FlagValues, signal: AbortSignal): Promise<string | undefined> {
  const given = textFlag(flags, 'commandLine');
  if (given !== undefined) return given;
  const bootUrl = textFlag(flags, 'bootUrl');
  if (bootUrl === undefined) return readFile('/proc/cmdline', 'utf8');
  const [mac, uuid, serial] = ['mac', 'uuid', 'serial'].map((name) => textFlag(flags, name));
  if (mac === undefined || uuid === undefined) {
    throw fail('cli/usage', {
      problem: 'a machine has marks',
      hint: 'give --mac and --uuid with --boot-url',
    });
  }
  const console = (line: string) => process.stdout.write(`${line}\n`);
  try {
    const kernel = await runFirmware(
      { httpGet: realHttpGet, clock: realClock, console },
      { bootUrl, marks: { mac, uuid, ...(serial === undefined ? {} : { serial }) } },
      signal,
    );
    return kernel.commandLine;
  } catch (error) {
    if (signal.aborted && isMusterError(error, 'providers/firmware-stopped')) return undefined;
    throw error;
  }
}
