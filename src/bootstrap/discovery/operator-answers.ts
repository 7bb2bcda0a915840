// SPDX-License-Identifier: Apache-2.0

import { createHash, timingSafeEqual } from 'node:crypto';
import { fail } from '../errors.js';
import { findExpiry } from '../token.js';
import { findAdvert } from './advert.js';
import { isMemberId, isToken } from './keys.js';
import { notAllowed, plainAnswer } from './member-answers.js';
import type { TokenBook } from './token-book.js';
import type { StoredToken, TakenSlot } from './token-record.js';

/** One token as operators see it; times are milliseconds since 1970. */
export interface TokenView {
  readonly token: string;
  readonly state: 'created' | 'forming' | 'formed' | 'expired';
  readonly size: number;
  /** Missing as long as nobody has registered. */
  readonly protocol?: 'v2' | 'v3';
  readonly createdAt: number;
  readonly usedAt: number;
  /** Missing once the cluster has formed. */
  readonly expiresAt?: number;
  /** In the order of registration. */
  readonly slots: readonly SlotView[];
  /** Came when all slots were taken. */
  readonly late: readonly SlotView[];
}

export interface SlotView {
  readonly memberId: string;
  readonly name: string;
  readonly peerUrls: readonly string[];
  /** The store's revision of the registration. */
  readonly revision: number;
}

/** Where the operator's face begins; everything under it asks for the credential. */
export const operatorPath = '/discovery/tokens';

/**
 * Lists tokens, shows one, frees a slot: `GET /discovery/tokens`, `GET …/<token>`,
 * `DELETE …/<token>/members/<id>`. Whoever knows a token can register under it, so the list is the operator's alone.
 *
 * @throws `bootstrap/no-credential`, `bootstrap/token-unknown`, and as `TokenBook.free`
 */
export async function answerOperator(
  deps: {
    readonly book: TokenBook;
    readonly now: () => number;
    readonly checkOperator: (request: Request) => void;
  },
  request: Request,
  path: string,
): Promise<Response> {
  deps.checkOperator(request);
  const [token, folder, memberId = '', ...rest] = path.slice(operatorPath.length + 1).split('/');
  if (token === undefined || token === '') {
    if (request.method !== 'GET') return notAllowed('GET');
    return Response.json((await deps.book.list()).map((stored) => viewOf(stored, deps.now())));
  }
  if (!isToken(token)) throw fail('bootstrap/token-unknown');
  if (folder === undefined) {
    if (request.method !== 'GET') return notAllowed('GET');
    const stored = await deps.book.find(token);
    if (stored === undefined) throw fail('bootstrap/token-unknown');
    return Response.json(viewOf(stored, deps.now()));
  }
  if (folder !== 'members' || rest.length > 0) return plainAnswer(404, 'not found');
  if (request.method !== 'DELETE') return notAllowed('DELETE');
  if (!isMemberId(memberId)) throw fail('bootstrap/slot-unknown', { member: memberId.slice(0, 40) });
  await deps.book.free(token, memberId);
  return new Response(null, { status: 204 });
}

/** Compares a request's bearer token with the operator's key, in the same time whatever it is. */
export function operatorCheck(operatorKey: string): (request: Request) => void {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  const wanted = digest(`Bearer ${operatorKey}`);
  return (request) => {
    const given = digest(request.headers.get('authorization') ?? '');
    if (!timingSafeEqual(given, wanted)) throw fail('bootstrap/no-credential');
  };
}

function viewOf({ token, state, size, life, registered }: StoredToken, now: number): TokenView {
  const expiresAt = findExpiry(state);
  const isExpired = expiresAt !== undefined && now >= expiresAt;
  return {
    token,
    state: isExpired ? 'expired' : state.kind,
    size: size.value,
    ...('protocol' in state ? { protocol: state.protocol } : {}),
    createdAt: life.createdAt,
    usedAt: life.usedAt,
    ...(expiresAt === undefined ? {} : { expiresAt }),
    slots: registered.slice(0, size.value).map(slotView),
    late: registered.slice(size.value).map(slotView),
  };
}

function slotView({ memberId, advert, createRevision }: TakenSlot): SlotView {
  const { name, peerUrls } = findAdvert(advert) ?? { name: '', peerUrls: [advert] };
  return { memberId, name, peerUrls, revision: createRevision };
}
