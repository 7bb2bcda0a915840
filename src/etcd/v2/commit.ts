// SPDX-License-Identifier: Apache-2.0

import type { Clock, Log } from '../../effects/index.js';
import { isMusterError, type LeaseId, type Revision } from '../../model/index.js';
import { fail } from '../errors.js';
import type { Compare, Kv, Op } from '../kv.js';
import { keyOf } from '../text.js';
import { type Change, decideCreate, decideDelete, decidePut, inOrderPath } from './decide-write.js';
import type { Refusal } from './failure.js';
import type { KeyRequest } from './key-request.js';
import { nodesInside } from './listing.js';
import { hasChildren, lookInside, lookUp, type Seen } from './lookup.js';
import type { V2Event } from './node.js';
import { entryKey, recordsInside } from './path.js';
import { encodeEntry } from './record.js';
import { type Move, moveGuards, moveOps, planMoves, type Target } from './rehang.js';
import { toldEvent } from './told-event.js';
import { type TreeNode, walk } from './tree.js';
import { entryOf, guards, inheritedLife, type Life, noLife, operations, put } from './write-plan.js';

export interface CommitDeps {
  readonly kv: Kv;
  readonly clock: Clock;
  readonly log: Log;
}

export type Outcome =
  | { readonly kind: 'done'; readonly index: Revision; readonly event: V2Event }
  | { readonly kind: 'refused'; readonly index: Revision; readonly refusal: Refusal };

/** A write that loses against this many others is given up. */
const maxAttempts = 200;
/** Nodes that change their lease in one txn, each with up to two keys of etcd's 128. */
const movesAtOnce = 30;
/** etcd's longest lease. */
const maxLeaseSeconds = 9_000_000_000;

/**
 * Does one v2 write: looks at the store, decides, and writes in one txn that holds only as long as nothing it
 * was decided on has changed; else it looks again.
 *
 * @throws what the store throws; `etcd/timeout` after too many lost attempts
 */
export async function commit(deps: CommitDeps, method: string, request: KeyRequest): Promise<Outcome> {
  const writer = new Writer(deps, request);
  try {
    for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
      const outcome = await writer.attempt(method);
      if (outcome !== undefined) return outcome;
    }
    throw fail('etcd/timeout');
  } finally {
    writer.end();
  }
}

/** One write with the leases it was granted on the way. */
class Writer {
  private readonly at: number;
  private own: LeaseId | undefined;
  /** Leases for nodes that end before the directory above them, by path. */
  private readonly moved = new Map<string, LeaseId>();
  private readonly unused = new Set<LeaseId>();
  private readonly left = new Set<LeaseId>();

  constructor(
    private readonly deps: CommitDeps,
    private readonly request: KeyRequest,
  ) {
    this.at = deps.clock.now();
  }

  /** `undefined`: something else was written meanwhile, or a part of the work is done. */
  async attempt(method: string): Promise<Outcome | undefined> {
    const { kv } = this.deps;
    const looked = await lookUp(kv, this.request.path);
    const seen = method === 'POST' ? withInOrderName(looked, this.request.path) : looked;
    const change = await this.decide(method, seen);
    if (change.kind === 'refused') return { kind: 'refused', index: seen.revision, refusal: change };
    const life = await this.lifeFor(seen, change);
    const moves = await this.movesFor(seen, change, life);
    const isWhole = moves === undefined || moves.length <= movesAtOnce;
    const moving: Op[] = [];
    const some = (moves ?? []).slice(0, movesAtOnce);
    for (const { node, to } of some) moving.push(...moveOps(node, await this.lifeOf(to)));
    const entry = entryOf(change, life, this.at);
    const quiet = put(keyOf(entryKey), encodeEntry({ ...entry, isQuiet: true }));
    const late = moves === undefined ? [] : newcomers(seen);
    const compare = [...guards(seen, change), ...moveGuards(moving, seen.revision), ...late];
    const inOrder: readonly Compare[] =
      method === 'POST'
        ? [{ key: keyOf(entryKey), target: 'mod', result: 'equal', number: seen.entryRevision }]
        : [];
    const ops = isWhole ? [...moving, ...operations(seen, change, life, this.at)] : [...moving, quiet];
    const revision = await this.write([...compare, ...inOrder], ops);
    if (revision === undefined) return undefined;
    for (const { node } of some) this.leave(node);
    if (!isWhole) return undefined;
    const prev = change.kind === 'write' ? change.prev : change.node;
    this.leave(prev);
    this.left.delete(life.lease);
    for (const lease of this.left) this.revoke(lease);
    const value = change.kind === 'write' ? change.value : undefined;
    return { kind: 'done', index: revision, event: toldEvent(entry, revision, value, prev?.value) };
  }

  /** Gives back leases that nothing hangs on. */
  end(): void {
    for (const lease of this.unused) this.revoke(lease);
  }

  private async decide(method: string, seen: Seen): Promise<Change | Refusal> {
    const { request } = this;
    const scene = { levels: seen.levels, hasChildren: false };
    switch (method) {
      case 'POST':
        return decideCreate({ ...request, path: seen.levels.at(-1)?.path ?? '/' }, scene);
      case 'PUT':
        return decidePut(request, scene);
      default: {
        const found = walk(seen.levels);
        const isAsked = found.kind === 'directory' && request.isDirectory && request.path !== '/';
        const isFull = isAsked && (await hasChildren(this.deps.kv, request.path, seen.revision));
        return decideDelete(request, { ...scene, hasChildren: isFull });
      }
    }
  }

  private async lifeFor(seen: Seen, change: Change): Promise<Life> {
    const inherited = inheritedLife(seen);
    const { ttlSeconds } = this.request;
    if (change.kind === 'remove' || ttlSeconds === undefined) return inherited;
    const seconds = Math.min(ttlSeconds, maxLeaseSeconds);
    const expiresAt = this.at + seconds * 1_000;
    if (inherited.endsAt !== undefined && inherited.endsAt <= expiresAt) return { ...inherited, expiresAt };
    this.own ??= await this.grant(seconds);
    return { lease: this.own, expiresAt, endsAt: expiresAt };
  }

  /** `undefined`: nobody hangs on what changes. */
  private async movesFor(seen: Seen, change: Change, life: Life): Promise<readonly Move[] | undefined> {
    if (change.kind === 'remove' || change.prev?.kind !== 'directory') return undefined;
    if (change.prev.lease === life.lease) return undefined;
    const everything = await lookInside(this.deps.kv, change.path, seen.revision);
    return planMoves(change.path, life, nodesInside(change.path, everything));
  }

  private async lifeOf(target: Target): Promise<Life> {
    if (target.kind === 'life') return target.life;
    const { ownerPath, endsAt } = target;
    const lease = this.moved.get(ownerPath) ?? (await this.grant(Math.ceil((endsAt - this.at) / 1_000)));
    this.moved.set(ownerPath, lease);
    return { lease, endsAt };
  }

  private async grant(seconds: number): Promise<LeaseId> {
    const { id } = await this.deps.kv.grantLease(Math.max(1, seconds));
    this.unused.add(id);
    return id;
  }

  private async write(compare: readonly Compare[], success: readonly Op[]): Promise<Revision | undefined> {
    try {
      const { succeeded, revision } = await this.deps.kv.txn({ compare, success, failure: [] });
      if (!succeeded) return undefined;
      for (const op of success) if (op.kind === 'put') this.unused.delete(op.request.lease ?? noLife.lease);
      return revision;
    } catch (error) {
      // The lease of a directory above ran out just now.
      if (isMusterError(error, 'etcd/lease-not-found')) return undefined;
      throw error;
    }
  }

  /** Notes the lease a node had for itself: nothing hangs on it once the write is whole. */
  private leave(node: TreeNode | undefined): void {
    if (node?.endsAt !== undefined && node.endsAt === node.expiresAt) this.left.add(node.lease);
  }

  private revoke(lease: LeaseId): void {
    this.deps.kv
      .revokeLease(lease)
      .catch((error: unknown) =>
        this.deps.log.debug('lease not revoked', { lease: lease.toString(16), reason: String(error) }),
      );
  }
}

/** The level of a name that is not there yet; the guards make sure of it. */
function withInOrderName(seen: Seen, directory: string): Seen {
  const path = inOrderPath(directory, seen.revision + 1);
  const level = { path, file: undefined, record: undefined, below: undefined };
  return { ...seen, levels: [...seen.levels, level] };
}

/** Nobody may have come in that does not know of the directory's new end. */
function newcomers(seen: Seen): readonly Compare[] {
  const path = seen.levels.at(-1)?.path;
  if (path === undefined) return [];
  return [{ ...recordsInside(path), target: 'mod', result: 'less', number: seen.revision + 1 }];
}
