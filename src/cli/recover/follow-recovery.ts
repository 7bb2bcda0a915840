// SPDX-License-Identifier: Apache-2.0

import { timeLimit } from '../../effects/index.js';
import type { ClusterSnapshot, Registry, StoreView } from '../../registry/index.js';
import { fail } from '../errors.js';

/**
 * Follows a recovery that was asked for until the new cluster is whole, with a line for each change. A request that
 * nobody took up is taken back; one that was taken up goes on without this command.
 *
 * @param oldToken of the record that is given up
 * @throws `cli/recover-unfinished`
 */
export async function followRecovery(
  registry: Registry,
  oldToken: string,
  seconds: number,
  signal: AbortSignal,
): Promise<{ readonly clusterId: string; readonly state: StoreView['state'] }> {
  const timeUp = timeLimit(seconds * 1000, signal);
  const shown = new Map<string, string>();
  const show = (about: string, line: string) => {
    if (shown.get(about) === line) return;
    shown.set(about, line);
    process.stderr.write(`${about}  ${line}\n`);
  };
  let last: ClusterSnapshot | undefined;
  let why = 'the control process does not answer';
  for await (const seen of registry.watch(timeUp)) {
    if (seen.kind === 'away') {
      why = seen.reason;
      continue;
    }
    last = seen.snapshot;
    const { store, storeView: view } = last;
    const isNew = last.storeRequest === undefined && store !== undefined && store.token !== oldToken;
    if (!isNew || view === undefined) continue;
    why = view.reason || view.state;
    show('store', view.reason === '' ? view.state : `${view.state}: ${view.reason}`);
    for (const [name, { state, reason }] of Object.entries(view.members)) {
      show(name, reason === '' ? state : `${state}: ${reason}`);
    }
    if (store.phase === 'formed' && view.state === 'ok') return { clusterId: store.clusterId, state: 'ok' };
  }
  const isTaken = last !== undefined && last.storeRequest === undefined;
  if (!isTaken) await registry.store.withdraw();
  signal.throwIfAborted();
  const next = isTaken
    ? 'it goes on by itself: follow it with `muster status` and `muster events --follow`'
    : 'nothing was changed; see whether the control process is well (`muster status`), and run it again';
  throw fail('cli/recover-unfinished', { seconds, why: isTaken ? why : `nobody took it up: ${why}`, next });
}
