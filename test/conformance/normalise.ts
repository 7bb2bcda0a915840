// SPDX-License-Identifier: Apache-2.0

/** Fields that hold a revision of the store, which another test may have moved on. */
const revisionFields = new Set(['revision', 'createRevision', 'modRevision', 'compactRevision']);
/** Fields that each member chooses for itself; that they are set is compared. */
const ownFields = new Set([
  'clusterId',
  'memberId',
  'memberID',
  'raftTerm',
  'raftIndex',
  'raftAppliedIndex',
  'leader',
  'token',
]);

export interface Frame {
  /** The revision that counts as 0. */
  readonly base: number;
  /** Cut off from the start of keys. */
  readonly prefix: string;
}

/**
 * A decoded message as plain JSON data that is the same on every implementation: revisions count from `base`,
 * ids and terms become `set`, bytes become text.
 */
export function normalise(value: unknown, frame: Frame, name = ''): unknown {
  if (value instanceof Uint8Array) return textOf(value, frame.prefix);
  if (Array.isArray(value)) return value.map((one) => normalise(one, frame));
  if (ownFields.has(name)) return value === 0n || value === 0 || value === '' ? 'unset' : 'set';
  if (typeof value === 'bigint') return `${value}`;
  if (typeof value === 'number' && revisionFields.has(name)) return relative(value, frame.base);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, one]) => one !== undefined)
      .map(([key, one]) => [key, normalise(one, frame, key)]),
  );
}

function relative(revision: number, base: number): string {
  return revision === 0 ? '0' : `r${revision < base ? '' : '+'}${revision - base}`;
}

/** Long ones as their length and what they begin with. */
function textOf(bytes: Uint8Array, prefix: string): string {
  const text = Buffer.from(bytes).toString('latin1').replace(prefix, '~');
  return text.length > 200 ? `${text.slice(0, 20)}… ${bytes.length} bytes` : text;
}
