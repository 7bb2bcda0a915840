// SPDX-License-Identifier: Apache-2.0

import { type Compare, keyOf, type Op, prefixRange, type TxnRequest } from '../../etcd/index.js';
import { isFresh, type Slot, type TokenAction, type TokenEvent, type TokenState } from '../token.js';
import { freedKey, lifeKey, memberKey, membersPrefix, sizeKey, tokenRange } from './keys.js';
import { encodeLife, type StoredToken, type TokenLife } from './token-record.js';

/** One change of a token, done whole or not at all. */
export interface TokenWrite {
  readonly txn: TxnRequest;
  /** The token after it, when its revision is known; `undefined` when it has to be read anew. */
  readonly after: (revision: number) => StoredToken | undefined;
}

/** What has to be written for a decision; `undefined`: nothing. */
export function planWrite(
  stored: StoredToken,
  event: TokenEvent,
  action: TokenAction,
  next: TokenState,
  now: number,
): TokenWrite | undefined {
  const { token, life } = stored;
  switch (action.kind) {
    case 'take-slot':
      return event.kind === 'register'
        ? planTake(stored, action.slot, lifeAfter(stored, event.protocol, now), next)
        : undefined;
    case 'free-slot':
      return writeOf(stored, [
        { kind: 'delete-range', request: { key: keyOf(memberKey(token, action.memberId)) } },
        put(freedKey(token), keyOf(action.memberId)),
        put(lifeKey(token), encodeLife({ ...life, usedAt: now })),
      ]);
    case 'renew':
      return writeOf(stored, [put(lifeKey(token), encodeLife({ ...life, usedAt: now }))]);
    case 'forget':
      return writeOf(stored, [{ kind: 'delete-range', request: tokenRange(token) }]);
    case 'keep-slot':
    case 'refuse':
      return undefined;
  }
}

export function put(key: string, value: Uint8Array): Op {
  return { kind: 'put', request: { key: keyOf(key), value } };
}

function planTake(
  stored: StoredToken,
  slot: Slot,
  life: TokenLife | undefined,
  state: TokenState,
): TokenWrite {
  const { token } = stored;
  const taking = put(memberKey(token, slot.memberId), keyOf(slot.advert));
  const ops = life === undefined ? [taking] : [taking, put(lifeKey(token), encodeLife(life))];
  return {
    ...writeOf(stored, ops),
    after: (revision) => ({
      ...stored,
      revision,
      registered: [...stored.registered, { ...slot, createRevision: revision, modRevision: revision }],
      state,
      ...(life === undefined ? {} : { life, lifeRevision: revision }),
    }),
  };
}

/** `undefined`: it stands. */
function lifeAfter(
  { life, lifeRevision }: StoredToken,
  protocol: TokenLife['protocol'],
  now: number,
): TokenLife | undefined {
  if (isFresh(life, now) && lifeRevision > 0 && life.protocol === protocol) return undefined;
  return { ...life, usedAt: now, protocol };
}

function writeOf(stored: StoredToken, success: readonly Op[]): TokenWrite {
  return { txn: { compare: unchanged(stored), success, failure: [] }, after: () => undefined };
}

/**
 * Holds as long as nobody has registered since; freeing and forgetting write or remove the life as well. A token
 * that somebody else made may have none, so there its size stands in.
 */
function unchanged({ token, revision, lifeRevision, size }: StoredToken): readonly Compare[] {
  const life: Compare = { key: keyOf(lifeKey(token)), target: 'mod', result: 'equal', number: lifeRevision };
  const members: Compare = {
    ...prefixRange(membersPrefix(token)),
    target: 'create',
    result: 'less',
    number: revision + 1,
  };
  if (lifeRevision > 0) return [life, members];
  const own = { target: 'create', result: 'equal', number: size.createRevision } as const;
  return [life, members, { key: keyOf(sizeKey(token)), ...own }];
}
