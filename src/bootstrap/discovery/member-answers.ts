// SPDX-License-Identifier: Apache-2.0

import { isMusterError } from '../../model/index.js';
import { fail } from '../errors.js';
import { isMemberId } from './keys.js';
import { answerPoll } from './poll.js';
import type { TokenBook } from './token-book.js';
import type { StoredToken } from './token-record.js';
import {
  jsonAnswer,
  refusalAnswer,
  renderConfig,
  renderFreed,
  renderSize,
  renderSlot,
  renderToken,
} from './v2-answers.js';
import type { Waiters } from './waiters.js';

export interface MemberAnswersDeps {
  readonly book: TokenBook;
  readonly waiters: Waiters;
  /** @throws `bootstrap/no-credential` */
  readonly checkOperator: (request: Request) => void;
}

/** A registration is one name and a few URLs. */
const maxBodyBytes = 16 * 1024;

/**
 * The v2 discovery protocol at one token: `path` is what follows it, without a slash at either end. Each refusal has
 * the form and the code of etcd's v2 API, for its clients branch on them.
 */
export async function answerMember(
  deps: MemberAnswersDeps,
  request: Request,
  token: string,
  path: string,
  query: URLSearchParams,
): Promise<Response> {
  try {
    if (path === '' || path === '_config' || path === '_config/size') {
      if (request.method !== 'GET') return notAllowed('GET');
      return await answerRead(deps, token, path, query);
    }
    if (!isMemberId(path)) return await answerUnknown(deps, token, path);
    switch (request.method) {
      case 'GET':
        return await answerSlot(deps, token, path, query);
      case 'PUT':
        return await answerRegistration(deps, request, token, path, query);
      case 'DELETE': {
        deps.checkOperator(request);
        await deps.book.free(token, path);
        const index = await revisionOf(deps, token);
        return jsonAnswer(200, renderFreed(token, path, index), index);
      }
      default:
        return notAllowed('GET, PUT, DELETE');
    }
  } catch (error) {
    return answerError(deps, error, token, path);
  }
}

async function answerRead(
  deps: MemberAnswersDeps,
  token: string,
  path: string,
  query: URLSearchParams,
): Promise<Response> {
  if (path === '' && isWait(query)) return answerPoll(deps, pollOf(token, undefined, query));
  const stored = await getToken(deps.book, token);
  const render = path === '' ? renderToken : path === '_config' ? renderConfig : renderSize;
  return jsonAnswer(200, render(stored), stored.revision);
}

async function answerSlot(
  deps: MemberAnswersDeps,
  token: string,
  memberId: string,
  query: URLSearchParams,
): Promise<Response> {
  if (isWait(query)) return answerPoll(deps, pollOf(token, memberId, query));
  const stored = await getToken(deps.book, token);
  const slot = stored.registered.find((one) => one.memberId === memberId);
  if (slot === undefined) return refusalAnswer(100, `/${token}/${memberId}`, stored.revision);
  return jsonAnswer(200, renderSlot('get', token, slot), stored.revision);
}

async function answerRegistration(
  { book }: MemberAnswersDeps,
  request: Request,
  token: string,
  memberId: string,
  query: URLSearchParams,
): Promise<Response> {
  const sizeBytes = Number(request.headers.get('content-length') ?? Number.NaN);
  if (!(sizeBytes <= maxBodyBytes)) return plainAnswer(413, 'a registration is short, and says its length');
  const value = query.get('value') ?? new URLSearchParams(await request.text()).get('value') ?? '';
  const { createRevision, revision } = await book.register(token, 'v2', memberId, value);
  const slot = { memberId, advert: value, createRevision, modRevision: createRevision };
  return jsonAnswer(201, renderSlot('create', token, slot), revision);
}

async function answerUnknown({ book }: MemberAnswersDeps, token: string, path: string): Promise<Response> {
  const stored = await getToken(book, token);
  return refusalAnswer(100, `/${token}/${path}`, stored.revision);
}

async function answerError(
  deps: MemberAnswersDeps,
  error: unknown,
  token: string,
  path: string,
): Promise<Response> {
  if (!isMusterError(error)) throw error;
  switch (error.code) {
    case 'bootstrap/token-unknown':
      return refusalAnswer(100, `/${token}${path === '' ? '' : `/${path}`}`, 0);
    case 'bootstrap/slot-taken':
      return refusalAnswer(105, `${error.message}; ${error.next}`, await revisionOf(deps, token));
    case 'bootstrap/no-credential':
    case 'bootstrap/slot-unknown':
    case 'bootstrap/cannot-tell':
    case 'bootstrap/token-formed':
      return plainAnswer(error.httpStatus, `${error.message}\n${error.next}`);
  }
  // What the store itself says is nothing a client could mend; it asks again later.
  if (error.retry !== 'never') return refusalAnswer(300, error.message, 0);
  return refusalAnswer(209, `${error.message}; ${error.next}`, await revisionOf(deps, token));
}

async function getToken(book: TokenBook, token: string): Promise<StoredToken> {
  const stored = await book.find(token);
  if (stored === undefined) throw fail('bootstrap/token-unknown');
  return stored;
}

async function revisionOf({ book }: MemberAnswersDeps, token: string): Promise<number> {
  return (await book.find(token))?.revision ?? 0;
}

function isWait(query: URLSearchParams): boolean {
  return query.get('wait') === 'true';
}

function pollOf(token: string, memberId: string | undefined, query: URLSearchParams) {
  const text = query.get('waitIndex') ?? '';
  return { token, memberId, waitIndex: /^\d{1,15}$/.test(text) ? Number(text) : 0 };
}

export function plainAnswer(status: number, text: string): Response {
  return new Response(`${text}\n`, { status, headers: { 'Content-Type': 'text/plain; charset=utf-8' } });
}

export function notAllowed(methods: string): Response {
  return new Response('method not allowed\n', { status: 405, headers: { Allow: methods } });
}
