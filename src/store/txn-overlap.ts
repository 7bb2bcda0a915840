// SPDX-License-Identifier: Apache-2.0

import { fail, type Op } from '../etcd/index.js';
import { keyText, type Span, spanHas, spanOf } from './key.js';

interface Written {
  readonly puts: ReadonlySet<string>;
  readonly deletes: readonly Span[];
}

/**
 * Refuses a branch that puts a key twice, or puts and deletes it: one revision holds one write of a key. The two
 * branches of a nested txn exclude each other, so those may put the same key. A delete to the end of all keys is
 * passed over, as in etcd (server/etcdserver/api/v3rpc/key.go): both are done then, in their order.
 *
 * @throws `etcd/duplicate-key`
 */
export function checkOverlaps(ops: readonly Op[]): Written {
  const puts = new Set<string>();
  const deletes: Span[] = [];
  for (const op of ops) {
    const span = op.kind === 'delete-range' ? spanOf(op.request) : undefined;
    if (span?.to !== undefined) deletes.push(span);
  }
  for (const op of ops) {
    if (op.kind !== 'txn') continue;
    const success = checkOverlaps(op.request.success);
    const failure = checkOverlaps(op.request.failure);
    const nested = new Set([...success.puts, ...failure.puts]);
    for (const key of nested) addPut(puts, deletes, key);
    deletes.push(...success.deletes, ...failure.deletes);
  }
  for (const op of ops) if (op.kind === 'put') addPut(puts, deletes, keyText(op.request.key));
  return { puts, deletes };
}

function addPut(puts: Set<string>, deletes: readonly Span[], key: string): void {
  if (puts.has(key) || deletes.some((span) => spanHas(span, key))) throw fail('etcd/duplicate-key');
  puts.add(key);
}
