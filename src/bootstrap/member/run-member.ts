// SPDX-License-Identifier: Apache-2.0

import type { Clock, Exec, Files, Log, Random } from '../../effects/index.js';
import type { MemberDisk, MemberReport } from '../../model/index.js';
import type { LogSign } from './diagnose.js';
import { type EtcdProcess, endLeftEtcd, openEtcdProcess } from './etcd-process.js';
import { type Launch, memberFlags, resolveMemberUrls } from './flags.js';
import { type MemberDiskFolder, openMemberDisk } from './member-disk.js';
import {
  initialMember,
  type MemberAction,
  type MemberEvent,
  type MemberState,
  type OrderAt,
  stepMember,
} from './member-process.js';
import { type FetchSnapshot, restoreMember } from './restore.js';
import type { EtcdVersion } from './version.js';

export interface MemberDeps {
  readonly clock: Clock;
  readonly exec: Exec;
  readonly files: Files;
  readonly log: Log;
  readonly random: Random;
  readonly fetchSnapshot: FetchSnapshot;
}

export interface MemberOptions {
  /** Of etcd; a path, or a name to be looked for on PATH. */
  readonly program: string;
  /** Of the program, as `readVersion` tells it. */
  readonly version: Promise<EtcdVersion>;
  /** What restores a snapshot: etcdutl, or etcdctl where etcd is 3.4. */
  readonly tool: string;
  /** An absolute path. */
  readonly dataDir: string;
  /** Of the unit: `ETCD_*` as the cloud-config has it. */
  readonly environment: Readonly<Record<string, string>>;
  /** The machine's own address, in place of 0.0.0.0. */
  readonly ownAddress: string;
  /** What is listened on for 0.0.0.0; the own address when left out. */
  readonly wildcard?: string;
  /** What etcd prints is appended to it; its folder exists. */
  readonly logFile?: string;
  /** Gets each line that etcd prints. */
  readonly print?: (line: string) => void;
}

/**
 * Runs the store's member on this machine as it is ordered, and tells each change: first, what the disk holds. It
 * starts nothing by itself, except that an etcd which ended for a passing reason is started again on its data.
 * Resolves once `signal` fired and etcd has ended.
 *
 * @param orders only the newest counts, one of an older revision is passed over; when they end or break, what runs
 *   goes on
 * @param onReady called once, after the first report: not that etcd serves, which may take an order's time
 * @throws `bootstrap/etcd-missing`, `bootstrap/etcd-unfit`, after one report with an empty version
 */
export async function runMember(
  deps: MemberDeps,
  options: MemberOptions,
  orders: AsyncIterable<OrderAt>,
  tell: (report: MemberReport) => void,
  onReady: () => void,
  signal: AbortSignal,
): Promise<void> {
  const disk = openMemberDisk(deps, options.dataDir);
  const reading = settled(options.version);
  await endLeftEtcd(deps, options.dataDir, signal);
  if (signal.aborted) return;
  const found = await disk.settle();
  const { urls } = resolveMemberUrls(options.environment, options.ownAddress, options.wildcard);
  const report = (state: MemberState, version: string): MemberReport => ({
    disk: state.disk,
    process: state.process,
    version,
    peerUrls: urls.advertisePeer,
    clientUrls: urls.advertiseClient,
    order: state.obeyed,
  });
  const read = await reading;
  if (signal.aborted) return;
  if (read.status === 'rejected') {
    tell(report(initialMember(found), ''));
    throw read.reason;
  }
  const version = read.value;

  const unused = memberFlags({ kind: 'again', name: '' }, options.environment, options, version).problems;
  const problems = unused.map(({ key, message }) => `etcd is not given "${key}": ${message}`);
  let told = '';
  const tellChange = (state: MemberState) => {
    const next = { ...report(state, version.text), ...(problems.length > 0 && { problems }) };
    if (JSON.stringify(next) === told) return;
    told = JSON.stringify(next);
    tell(next);
  };
  const runner = openRunner(
    deps,
    { ...options, version, peerUrls: urls.advertisePeer },
    disk,
    found,
    tellChange,
  );
  onReady();
  void follow(orders, runner.send, signal).catch((error: unknown) => {
    deps.log.error('orders for the member cannot be read any more', { reason: messageOf(error) });
  });
  await aborted(signal);
  runner.send({ kind: 'close' });
  await runner.closed;
}

/** What came of it, which may be asked for later. */
async function settled<T>(work: Promise<T>): Promise<PromiseSettledResult<T>> {
  const [result] = await Promise.allSettled([work]);
  return result;
}

interface RunnerOptions extends Omit<MemberOptions, 'version'> {
  readonly version: EtcdVersion;
  readonly peerUrls: readonly string[];
}

/** The state machine with a real process, disk and timer. `onStep` is called at once, and after each event. */
function openRunner(
  deps: MemberDeps,
  options: RunnerOptions,
  disk: MemberDiskFolder,
  found: MemberDisk,
  onStep: (state: MemberState) => void,
) {
  const { clock, exec, log } = deps;
  const closed = new AbortController();
  let state = initialMember(found);
  let timer = new AbortController();
  let restoring = new AbortController();
  let etcd: EtcdProcess | undefined;

  const send = (event: MemberEvent) => {
    const step = stepMember(state, event, clock.monotonic());
    state = step.state;
    for (const action of step.actions) perform(action);
    onStep(state);
    if (state.doing.kind === 'closed') closed.abort();
  };

  const perform = (action: MemberAction) => {
    switch (action.kind) {
      case 'start':
        return void runEtcd(action.launch);
      case 'terminate':
        return etcd?.signal('SIGTERM');
      case 'kill':
        return etcd?.signal('SIGKILL');
      case 'wipe':
        return void workOnDisk('wiped', () => disk.wipe());
      case 'restore': {
        restoring = new AbortController();
        const { signal } = restoring;
        const { order } = action;
        return void workOnDisk('restored', async () => {
          await disk.consume(order.nonce);
          await restoreMember(deps, options, disk, order, signal);
        });
      }
      case 'cancel-restore':
        return restoring.abort();
      case 'set-timer':
        return setTimer(action.ms);
      case 'clear-timer':
        return timer.abort();
      default:
        return action satisfies never;
    }
  };

  const setTimer = (ms: number) => {
    timer.abort();
    const own = new AbortController();
    timer = own;
    void clock.sleep(ms, own.signal).then(() => {
      if (!own.signal.aborted) send({ kind: 'timer' });
    });
  };

  const runEtcd = async (launch: Launch) => {
    const { program, dataDir, logFile, print, version } = options;
    const { environment, problems } = memberFlags(launch, options.environment, options, version);
    for (const { key, message } of problems) log.warn('setting of etcd not used', { key, why: message });
    const own = openEtcdProcess(exec, {
      program,
      dataDir,
      environment,
      ...(logFile === undefined ? {} : { logFile }),
      ...(print === undefined ? {} : { print }),
    });
    etcd = own;
    // One after the other, so that who hears of a member that serves knows its ID already.
    let signs = Promise.resolve();
    const onSign = (sign: LogSign) => {
      signs = signs.then(async () => {
        const seen = state.disk.kind === 'data' ? undefined : await disk.peek();
        if (seen !== undefined) send({ kind: 'born', disk: seen });
        if (sign === 'serving') send({ kind: 'serving' });
      });
    };
    const prepare = async () => {
      if (launch.kind === 'first') await disk.consume(launch.nonce);
    };
    log.info('etcd is started', {
      name: launch.name,
      on: launch.kind === 'first' ? 'an empty disk' : 'its data',
    });
    const { finding, words } = await own.run(prepare, onSign);
    await signs;
    log.info('etcd has ended', { finding, words });
    send({ kind: 'ended', finding, words, disk: await disk.settle() });
  };

  const workOnDisk = async (kind: 'wiped' | 'restored', work: () => Promise<void>) => {
    const failure = await work().then(() => '', messageOf);
    if (failure !== '') log.warn('work on the disk of the member failed', { kind, reason: failure });
    send({ kind, disk: await disk.settle(), failure });
  };

  onStep(state);
  return { send, closed: aborted(closed.signal) };
}

async function follow(
  orders: AsyncIterable<OrderAt>,
  send: (event: MemberEvent) => void,
  signal: AbortSignal,
): Promise<void> {
  const iterator = orders[Symbol.asyncIterator]();
  const end = aborted(signal);
  for (;;) {
    const next = await Promise.race([iterator.next(), end]);
    if (signal.aborted || next === undefined || next.done === true) break;
    send({ kind: 'ordered', at: next.value });
  }
  void iterator.return?.();
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
