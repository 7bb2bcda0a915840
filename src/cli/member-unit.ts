// SPDX-License-Identifier: Apache-2.0

import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import type { BuiltinUnit } from '../agent/index.js';
import { type EtcdVersion, readVersion, runMember } from '../bootstrap/index.js';
import { type Log, realClock, realDownload, realExec, realFiles, realRandom } from '../effects/index.js';
import { connect } from '../etcd/index.js';
import { openRegistry, type StandingOrder } from '../registry/index.js';

export interface MemberUnitOptions {
  /** The machine, as its orders name it. */
  readonly name: string;
  /** The folder that stands for the machine's `/`. */
  readonly root: string;
  /** Of etcd: a path, or a name to be looked for on PATH. */
  readonly program: string;
  readonly ownAddress: string;
  /** What is listened on for 0.0.0.0. */
  readonly wildcard: string;
  /** The folder of the machine where data is that outlives a boot; `/` where nothing does. */
  readonly dataRoot: string;
  /** Where the orders come from. */
  readonly etcdEndpoints: readonly string[];
}

/**
 * The unit `etcd2.service` (or `etcd-member.service`) of a machine that is a member: an etcd that begins, goes on and
 * ends as the engine orders. It is active once etcd serves.
 */
export function memberUnit(options: MemberUnitOptions, log: Log): BuiltinUnit {
  const { name, root, ownAddress, wildcard } = options;
  const program = findProgram(options.program);
  // The first start need not wait for it; a later one may find another etcd there.
  let early: Promise<EtcdVersion> | undefined = readVersion(realExec, program);
  early.catch(() => {});
  return async ({ environment, onReady, tell }, signal) => {
    const version = early ?? readVersion(realExec, program, signal);
    early = undefined;
    const dataDir = join(root, options.dataRoot, environment.ETCD_DATA_DIR ?? '/var/lib/etcd2');
    const output = await openOutput(root);
    await mkdir(dirname(dataDir), { recursive: true });
    await runMember(
      {
        clock: realClock,
        exec: realExec,
        files: realFiles,
        log,
        random: realRandom,
        fetchSnapshot: (url, ticket, file, until) => fetchPatiently(url, ticket, file, log, until),
      },
      {
        program,
        version,
        tool: restoreTool(program),
        dataDir,
        // By this variable every process of a local machine is known.
        environment: { ...environment, MUSTER_MACHINE: root },
        ownAddress,
        wildcard,
        ...output,
      },
      followOrders(options, name, log, signal),
      (report) => {
        tell(report);
        if (report.process.kind === 'serving') onReady();
      },
      () => {},
      signal,
    );
  };
}

/** On a machine of its own, what the unit prints is kept by the journal; in a folder, by a file. */
async function openOutput(root: string) {
  if (root === '/') return { print: (line: string) => void process.stdout.write(`${line}\n`) };
  const logFile = join(root, 'var/log/units/etcd2.service.log');
  await mkdir(dirname(logFile), { recursive: true });
  return { logFile };
}

const fetchTries = 20;
const fetchPauseMs = 1_000;

/** The control process, which has the snapshot, may be starting anew. Rejects after the last try. */
async function fetchPatiently(url: string, ticket: string, file: string, log: Log, signal: AbortSignal) {
  for (let left = fetchTries - 1; ; left -= 1) {
    try {
      return await realDownload(url, file, { headers: { authorization: `Bearer ${ticket}` }, signal });
    } catch (error) {
      if (left === 0 || signal.aborted) throw error;
      log.warn('cannot fetch the snapshot, trying again', { url, reason: String(error) });
    }
    await rm(file, { force: true });
    await realClock.sleep(fetchPauseMs, signal);
  }
}

const pauseMs = 500;

/** The machine's orders for as long as it runs, wherever the control process has been meanwhile. */
async function* followOrders(
  { etcdEndpoints }: MemberUnitOptions,
  name: string,
  log: Log,
  signal: AbortSignal,
): AsyncIterable<StandingOrder> {
  while (!signal.aborted) {
    const kv = connect(etcdEndpoints);
    try {
      yield* openRegistry({ kv, clock: realClock, log }).store.watchOrder(name, signal);
    } catch (error) {
      if (!signal.aborted) log.debug('no orders for now', { reason: String(error) });
    } finally {
      await kv.close();
    }
    await realClock.sleep(pauseMs, signal);
  }
}

/** The path of a program, where it is one or PATH has it; else the name as it is, for the error to say. */
function findProgram(program: string): string {
  if (isAbsolute(program)) return program;
  const folders = (process.env.PATH ?? '').split(':');
  return folders.map((folder) => join(folder, program)).find((path) => existsSync(path)) ?? program;
}

/** What restores a snapshot: etcdutl beside etcd, or the etcdctl of 3.4, which can still do it. */
function restoreTool(etcd: string): string {
  const beside = ['etcdutl', 'etcdctl'].map((tool) => join(dirname(etcd), tool));
  return (isAbsolute(etcd) ? beside : []).find((path) => existsSync(path)) ?? findProgram('etcdctl');
}
