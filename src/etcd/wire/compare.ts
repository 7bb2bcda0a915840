// SPDX-License-Identifier: Apache-2.0

import { leaseId } from '../../model/index.js';
import { fail } from '../errors.js';
import {
  Compare_CompareResult as Result,
  Compare_CompareTarget as Target,
  type Compare as WireCompare,
} from '../gen/etcdserverpb/kv.js';
import type { Compare } from '../kv.js';
import { decodeRange, noBytes } from './key-value.js';

type Union = NonNullable<WireCompare['targetUnion']>;

const results = ['equal', 'greater', 'less', 'not-equal'] as const;
const resultNumbers = {
  equal: Result.EQUAL,
  greater: Result.GREATER,
  less: Result.LESS,
  'not-equal': Result.NOT_EQUAL,
} as const;

/**
 * A compare without a value means zero, as in etcd. A target unknown to this version is refused: to take it
 * for another one would let a guarded write through.
 */
export function decodeCompare(wire: WireCompare): Compare {
  const result = results[wire.result];
  if (result === undefined) throw fail('etcd/malformed-message', { reason: `compare result ${wire.result}` });
  const common = { ...decodeRange(wire), result };
  const union = wire.targetUnion;
  switch (wire.target) {
    case Target.VERSION:
      return { ...common, target: 'version', number: counter(union?.$case === 'version' ? union.value : 0n) };
    case Target.CREATE:
      return {
        ...common,
        target: 'create',
        number: counter(union?.$case === 'createRevision' ? union.value : 0n),
      };
    case Target.MOD:
      return { ...common, target: 'mod', number: counter(union?.$case === 'modRevision' ? union.value : 0n) };
    case Target.VALUE:
      return { ...common, target: 'value', value: union?.$case === 'value' ? union.value : noBytes };
    case Target.LEASE:
      return { ...common, target: 'lease', lease: leaseId(union?.$case === 'lease' ? union.value : 0n) };
    default:
      throw fail('etcd/malformed-message', { reason: `compare target ${wire.target}` });
  }
}

export function encodeCompare(compare: Compare): WireCompare {
  return {
    key: compare.key,
    rangeEnd: compare.rangeEnd ?? noBytes,
    result: resultNumbers[compare.result],
    ...encodeTarget(compare),
  };
}

function encodeTarget(compare: Compare): { target: WireCompare['target']; targetUnion: Union } {
  switch (compare.target) {
    case 'version':
      return { target: Target.VERSION, targetUnion: { $case: 'version', value: BigInt(compare.number) } };
    case 'create':
      return {
        target: Target.CREATE,
        targetUnion: { $case: 'createRevision', value: BigInt(compare.number) },
      };
    case 'mod':
      return { target: Target.MOD, targetUnion: { $case: 'modRevision', value: BigInt(compare.number) } };
    case 'value':
      return { target: Target.VALUE, targetUnion: { $case: 'value', value: compare.value } };
    case 'lease':
      return { target: Target.LEASE, targetUnion: { $case: 'lease', value: compare.lease } };
  }
}

/** Past the safe integers lies no real counter, so the nearest safe one compares the same. */
function counter(value: bigint): number {
  const limit = BigInt(Number.MAX_SAFE_INTEGER);
  if (value > limit) return Number.MAX_SAFE_INTEGER;
  return value < -limit ? -Number.MAX_SAFE_INTEGER : Number(value);
}
