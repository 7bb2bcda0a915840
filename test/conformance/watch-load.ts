// SPDX-License-Identifier: Apache-2.0

import type { TxnResponse } from '../../src/etcd/gen/etcdserverpb/kv.js';
import { methods } from '../../src/etcd/methods.js';
import type { SeededRandom } from '../fuzz/seeded-random.js';
import { messageOf, requestOf } from './message.js';
import { deleteOp, putOp } from './ops.js';
import type { Wire } from './wire-client.js';

/** One event as the writers know of it from the answers to their writes. */
export interface Written {
  readonly revision: number;
  readonly key: string;
  /** `undefined`: deleted. */
  readonly value: string | undefined;
}

/** Within every range that is watched; its put and then its delete are the last two writes. */
export const lastKey = 'k2~';

/**
 * Concurrent writers, each with so many txns of puts and deletes over the same few keys; returns every event that
 * has to follow, by revision.
 */
export async function writeLoad(wire: Wire, random: SeededRandom, writers: number, count: number) {
  const written: Written[] = [];
  const one = async (writer: number) => {
    for (let n = 0; n < count; n += 1) written.push(...(await writeOnce(wire, random, `${writer}.${n}`)));
  };
  await Promise.all(Array.from({ length: writers }, (_, writer) => one(writer)));
  written.push(...(await write(wire, [lastKey], [], 'last')), ...(await write(wire, [], [lastKey], '')));
  return written.toSorted((a, b) => a.revision - b.revision);
}

function writeOnce(wire: Wire, random: SeededRandom, value: string): Promise<readonly Written[]> {
  const touched = new Set(Array.from({ length: 1 + random.below(4) }, () => `k${random.below(8)}`));
  const removed = [...touched].filter(() => random.chance(0.3));
  return write(
    wire,
    [...touched].filter((key) => !removed.includes(key)),
    removed,
    value,
  );
}

async function write(
  wire: Wire,
  put: readonly string[],
  removed: readonly string[],
  value: string,
): Promise<readonly Written[]> {
  const bytes = (text: string) => Buffer.from(text, 'latin1');
  const success = [
    ...put.map((key) => putOp({ key: bytes(key), value: bytes(value) })),
    ...removed.map((key) => deleteOp({ key: bytes(key) })),
  ];
  const { status, text, messages } = await wire.unary(methods.txn.path, requestOf(methods.txn, { success }));
  const [message] = messages;
  if (status !== 0 || message === undefined) throw new Error(`a write failed: ${status} ${text}`);
  const response = messageOf(methods.txn, message);
  const revision = response.header?.revision ?? 0;
  return [
    ...put.map((key) => ({ revision, key, value })),
    ...removed
      .filter((_, n) => wasThere(response, put.length + n))
      .map((key) => ({ revision, key, value: undefined })),
  ];
}

function wasThere({ responses }: TxnResponse, at: number): boolean {
  const response = responses[at]?.response;
  return response?.$case === 'responseDeleteRange' && response.value.deleted > 0;
}
