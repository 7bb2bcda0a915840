// SPDX-License-Identifier: Apache-2.0

import type { Clock, Handler } from '../../effects/index.js';
import { isMusterError } from '../../model/index.js';
import { fail } from '../errors.js';
import { isToken, registryPrefix } from './keys.js';
import { answerMember, notAllowed, plainAnswer } from './member-answers.js';
import { answerOperator, operatorCheck, operatorPath } from './operator-answers.js';
import type { TokenBook } from './token-book.js';
import type { Waiters } from './waiters.js';

export interface DiscoveryHandlerDeps {
  readonly book: TokenBook;
  readonly waiters: Waiters;
  readonly clock: Clock;
}

export interface DiscoveryHandlerOptions {
  readonly operatorKey: string;
  /** What URLs of tokens begin with; left out: as the caller of `/new` reached the service. */
  readonly baseUrl?: string;
  /** No more are made beyond it; 100,000 when left out. */
  readonly maxTokens?: number;
}

/** etcd's own path of a token: clients of a plain etcd were told it. */
const v2Prefix = `/v2/keys${registryPrefix}`;

/** The token a path is about, and what follows it. */
interface TokenPath {
  readonly token: string;
  readonly rest: string;
}

/**
 * The HTTP face of discovery: `/new?size=N` makes a token and answers its URL as text, under `/<token>` members
 * register by protocol v2, and `/discovery/tokens` is the operator's. No answer to a caller without the operator's key
 * tells of a token that the caller did not name.
 *
 * Source of `/new`: coreos/discovery.etcd.io, handlers/new.go. Here it refuses sizes at which etcd would choke.
 */
export function discoveryHandler(deps: DiscoveryHandlerDeps, options: DiscoveryHandlerOptions): Handler {
  const checkOperator = operatorCheck(options.operatorKey);
  const maxTokens = options.maxTokens ?? 100_000;
  const answerNew = async (request: Request, query: URLSearchParams): Promise<Response> => {
    if (!['GET', 'PUT', 'POST'].includes(request.method)) return notAllowed('GET, PUT, POST');
    const count = deps.waiters.tokenCount();
    if (count >= maxTokens) throw fail('bootstrap/too-many-tokens', { count });
    const token = await deps.book.create(query.get('size') ?? '3');
    const base = options.baseUrl ?? new URL(request.url).origin;
    return new Response(`${base.replace(/\/+$/, '')}/${token}`, {
      headers: { 'Content-Type': 'text/plain' },
    });
  };
  return async (request) => {
    const { path, search } = targetOf(request.url);
    const query = new URLSearchParams(search);
    const found = findTokenPath(path);
    if (found !== undefined)
      return answerMember({ ...deps, checkOperator }, request, found.token, found.rest, query);
    try {
      if (path === '/new') return await answerNew(request, query);
      if (path === operatorPath || path.startsWith(`${operatorPath}/`)) {
        return await answerOperator({ ...deps, checkOperator, now: () => deps.clock.now() }, request, path);
      }
      return plainAnswer(404, 'no discovery token: a token is 32 hex digits');
    } catch (error) {
      return answerFailure(error);
    }
  };
}

/** Whether a path of a larger HTTP face is for `discoveryHandler`. */
export function isDiscoveryPath(path: string): boolean {
  return (
    path === '/new' ||
    path === operatorPath ||
    path.startsWith(`${operatorPath}/`) ||
    findTokenPath(path) !== undefined
  );
}

function findTokenPath(path: string): TokenPath | undefined {
  const start = path.startsWith(v2Prefix) ? v2Prefix.length : 1;
  const token = path.slice(start, start + 32);
  const after = path.slice(start + 32);
  if (!isToken(token) || (after !== '' && !after.startsWith('/'))) return undefined;
  return { token, rest: after.replace(/^\/+|\/+$/g, '') };
}

/** Said with code and next step, so that `muster discovery` can pass it on as its own error. */
function answerFailure(error: unknown): Response {
  if (!isMusterError(error)) throw error;
  const { code, message, next, details, httpStatus } = error;
  return Response.json({ code, message, next, details }, { status: httpStatus });
}

/** Cheaper than a `URL`, which is only looked at here. */
function targetOf(url: string): { readonly path: string; readonly search: string } {
  const target = /^[a-z]+:\/\/[^/?#]*([^?#]*)\??([^#]*)/i.exec(url);
  return { path: target?.[1] || '/', search: target?.[2] ?? '' };
}
