// SPDX-License-Identifier: Apache-2.0

/** For tests: the oracle. Keeps a whole copy of everything at each revision, so that it is plainly right. */
export type NaiveOp =
  | { readonly kind: 'put'; readonly key: string; readonly value: string; readonly lease: number }
  | { readonly kind: 'delete'; readonly from: string; readonly to?: string | undefined }
  | {
      readonly kind: 'range';
      readonly from: string;
      readonly to?: string | undefined;
      /** How far before the newest revision; below 0: after it. */
      readonly back: number;
    }
  | {
      readonly kind: 'txn';
      readonly compare: { readonly key: string; readonly version: number };
      readonly success: readonly NaiveOp[];
      readonly failure: readonly NaiveOp[];
    };

interface Row {
  readonly key: string;
  readonly value: string;
  readonly createRevision: number;
  readonly modRevision: number;
  readonly version: number;
  readonly lease: number;
}

type Rows = ReadonlyMap<string, Row>;

/** The state inside a txn. */
interface Draft {
  rows: Map<string, Row>;
  events: unknown[][];
}

export interface Naive {
  revision(): number;
  compactRevision(): number;
  /** The answer, or the code of the refusal. `now` is the revision that `back` counts from. */
  run(op: NaiveOp, now: number): unknown;
  compact(revision: number): unknown;
  grant(lease: number): unknown;
  revoke(lease: number): unknown;
  stateAt(revision: number): readonly Row[];
  /** That compaction left: from the compact revision on, and of it what is still the newest write of its key. */
  eventsFrom(revision: number): readonly unknown[];
  /** `undefined`: no such lease. */
  leaseKeys(lease: number): readonly string[] | undefined;
}

export function naiveStore(): Naive {
  const copies = new Map<number, Rows>([[1, new Map()]]);
  const leases = new Set<number>();
  const history: unknown[][] = [];
  let revision = 1;
  let compacted = -1;
  const newest = (): Rows => copies.get(revision) ?? new Map();
  const keep = (draft: Draft) => {
    if (draft.events.length === 0) return;
    revision += 1;
    copies.set(revision, draft.rows);
    history.push(...draft.events);
  };

  const inside = (rows: Rows, from: string, to: string | undefined) =>
    [...rows.values()]
      .filter((row) => (to === undefined ? row.key === from : row.key >= from && row.key < to))
      .sort((a, b) => (a.key < b.key ? -1 : 1));
  const current = (draft: Draft) => revision + (draft.events.length > 0 ? 1 : 0);

  const put = (draft: Draft, op: Extract<NaiveOp, { kind: 'put' }>) => {
    const old = draft.rows.get(op.key);
    const row = {
      key: op.key,
      value: op.value,
      createRevision: old?.createRevision ?? revision + 1,
      modRevision: revision + 1,
      version: (old?.version ?? 0) + 1,
      lease: op.lease,
    };
    draft.rows.set(op.key, row);
    draft.events.push(['put', op.key, op.value, revision + 1]);
    return { revision: revision + 1, ...(old && { prevKv: old }) };
  };
  const remove = (draft: Draft, rows: readonly Row[]) => {
    for (const row of rows) {
      draft.rows.delete(row.key);
      draft.events.push(['delete', row.key, '', revision + 1]);
    }
    return { revision: current(draft), deleted: rows.length, prevKvs: rows };
  };
  const range = (draft: Draft, op: Extract<NaiveOp, { kind: 'range' }>, now: number) => {
    const at = Math.max(0, now - op.back);
    const rows = at === 0 || at > revision ? draft.rows : (copies.get(at) ?? draft.rows);
    // At the newest revision by number, what the txn wrote so far is not yet of that revision.
    const kvs = inside(at === 0 ? draft.rows : rows, op.from, op.to);
    return { revision: current(draft), kvs, more: false, count: kvs.length };
  };

  interface Chosen {
    readonly succeeded: boolean;
    readonly ops: readonly (NaiveOp | Chosen)[];
  }
  const choose = (op: Extract<NaiveOp, { kind: 'txn' }>): Chosen => {
    const succeeded = (newest().get(op.compare.key)?.version ?? 0) === op.compare.version;
    const ops = succeeded ? op.success : op.failure;
    return { succeeded, ops: ops.map((each) => (each.kind === 'txn' ? choose(each) : each)) };
  };
  const flat = (chosen: Chosen): NaiveOp[] =>
    chosen.ops.flatMap((each) => ('succeeded' in each ? flat(each) : [each]));
  const refusal = (ops: readonly NaiveOp[], now: number): string | undefined => {
    const lost = ops.some((op) => op.kind === 'put' && op.lease > 0 && !leases.has(op.lease));
    if (lost) return 'etcd/lease-not-found';
    for (const op of ops) {
      if (op.kind !== 'range' || now - op.back <= 0) continue;
      if (now - op.back > revision) return 'etcd/future-revision';
      if (now - op.back < compacted) return 'etcd/compacted';
    }
    return undefined;
  };
  const apply = (draft: Draft, each: NaiveOp | Chosen, now: number): Record<string, unknown> => {
    if ('succeeded' in each) {
      const responses = each.ops.map((one) => {
        const kind = 'succeeded' in one ? 'txn' : one.kind === 'delete' ? 'delete-range' : one.kind;
        return { kind, response: apply(draft, one, now) };
      });
      return { revision: current(draft), succeeded: each.succeeded, responses };
    }
    if (each.kind === 'put') return put(draft, each);
    if (each.kind === 'delete') return remove(draft, inside(draft.rows, each.from, each.to));
    if (each.kind === 'range') return range(draft, each, now);
    return apply(draft, choose(each), now);
  };

  return {
    revision: () => revision,
    compactRevision: () => compacted,
    run(op, now) {
      const chosen = op.kind === 'txn' ? choose(op) : undefined;
      const refused = refusal(chosen === undefined ? [op] : flat(chosen), now);
      if (refused !== undefined) return refused;
      const draft: Draft = { rows: new Map(newest()), events: [] };
      const answer = apply(draft, chosen ?? op, now);
      keep(draft);
      return answer;
    },
    compact(at) {
      if (at <= compacted) return 'etcd/compacted';
      if (at > revision) return 'etcd/future-revision';
      compacted = at;
      return revision;
    },
    grant(lease) {
      if (leases.has(lease)) return 'etcd/lease-exists';
      leases.add(lease);
      return { id: lease, ttlSeconds: 60 };
    },
    revoke(lease) {
      if (!leases.delete(lease)) return 'etcd/lease-not-found';
      const draft: Draft = { rows: new Map(newest()), events: [] };
      remove(
        draft,
        inside(draft.rows, '\0', '\xff').filter((row) => row.lease === lease),
      );
      keep(draft);
      return revision;
    },
    stateAt: (at) => inside(copies.get(at) ?? new Map(), '\0', '\xff'),
    eventsFrom: (from) => history.filter((event) => Number(event[3]) >= from),
    leaseKeys(lease) {
      if (!leases.has(lease)) return undefined;
      return inside(newest(), '\0', '\xff')
        .filter((row) => row.lease === lease)
        .map((row) => row.key);
    },
  };
}
