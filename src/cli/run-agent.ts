// SPDX-License-Identifier: Apache-2.0

import { mkdir, readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { z } from 'zod';
import {
  type Membership,
  type NodeContext,
  openLocalSupervisor,
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
import { openSharedStore } from './shared-store.js';
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
  const log = openLog('agent');
  const { machineId, store, privateIpv4, ttlSeconds } = parseKernelArguments(commandLine);
  // Members and forwarders serve at the same address.
  const shared = store.isShared ? openSharedStore(`http://${privateIpv4}:2379`, ttlSeconds, log) : undefined;
  // Before the user-data is there: a member's program can be looked at meanwhile.
  const builtins = builtinUnits(commandLine, root, log);
  await runAgent(
    {
      clock: realClock,
      exec: realExec,
      files: realFiles,
      httpGet: realHttpGet,
      userDataGet: await pinnedGet(textFlag(flags, 'caFile')),
      log,
      random: realRandom,
      gunzip,
      isSuperuser: process.getuid?.() === 0,
      openSupervisor: (context: NodeContext) =>
        openLocalSupervisor(
          {
            clock: realClock,
            exec: realExec,
            files: realFiles,
            log,
            builtins,
          },
          context,
        ),
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
          close: () => kv.close(),
        };
      },
    },
    { commandLine, root, version },
    signal,
  ).finally(() => shared?.close());
  return 0;
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
