// SPDX-License-Identifier: Apache-2.0

import type { Clock, Handler, Log } from '../../effects/index.js';
import type { Kv } from '../kv.js';
import { jsonAnswer, movedAnswer, notAllowed, plainError, withCors } from './answer.js';
import { unescapePath } from './form.js';
import { answerKeys } from './key-answers.js';
import { answerMembers, type V2Cluster } from './member-answers.js';
import { cleanPath } from './path.js';
import { renderLeader, renderSelf, renderVersion } from './self-answers.js';
import { StoreStats } from './stats.js';
import { WatchAnswers } from './watch-answers.js';

export interface V2HandlerDeps {
  readonly kv: Kv;
  readonly clock: Clock;
  readonly log: Log;
  readonly clusterId: bigint;
  /** Of etcd, as clients compare it: `3.5.16`. */
  readonly version: string;
  /** The members now, with client URLs at which v2 clients reach this handler, or another like it. */
  readonly cluster: () => Promise<V2Cluster>;
  /** For `X-Raft-Term`, of which clients only want that it is there; 2n when left out. */
  readonly raftTerm?: bigint;
}

/**
 * etcd's v2 API as a view over any v3 key space: `/v2/keys`, `/v2/members`, `/v2/stats`, `/v2/machines`,
 * `/v2/auth/enable`, `/version`, `/health`. Both see the same keys: the file `/a/b` is the v3 key `/a/b` with
 * its plain value, directories are derived from paths. What v3 cannot say (empty directories, TTLs, a created
 * index that a `set` resets) lies in records under `_muster.v2`, which v2 never shows. v3 keys that do not begin
 * with a slash, or are no clean paths, are not part of the view.
 *
 * Each v2 write is one v3 txn, right with other writers of either kind. Never throws; a store out of reach is
 * told as code 300. Several handlers may serve one key space.
 *
 * Cost: a read of a file is one v3 txn, a listing reads everything below, a write two txns, all watches together
 * one v3 watch of the key space while there are any.
 *
 * Source of the protocol: etcd-io/etcd 3.4, etcdserver/api/v2http and v2store.
 */
export function v2Handler(deps: V2HandlerDeps): Handler {
  const identity = { 'X-Etcd-Cluster-Id': deps.clusterId.toString(16) };
  const stats = new StoreStats();
  const watches = new WatchAnswers({ ...deps, identity, stats });
  const keyDeps = { ...deps, identity, stats, watches, raftTerm: deps.raftTerm ?? 2n };
  const startedAt = deps.clock.now();
  return withCors(async (request) => {
    const { method } = request;
    const { path, query } = targetOf(request.url);
    const clean = cleanPath(path) + (path.endsWith('/') && cleanPath(path) !== '/' ? '/' : '');
    if (clean !== path) return movedAnswer(method, locationOf(clean, query));
    if (isUnder(path, '/v2/keys')) return answerKeys(keyDeps, request, cleanPath(path.slice(8)), query);
    if (isUnder(path, '/v2/members')) return answerMembers({ ...deps, identity }, request, path.slice(11));
    const reads = readsAt(path);
    if (reads === undefined) return plainError(404, '404 page not found');
    if (!reads.split(',').includes(method)) return notAllowed(reads);
    return answerPlain(path);
  });

  async function answerPlain(path: string): Promise<Response> {
    switch (path) {
      case '/version':
        return withoutLineEnd(renderVersion(deps.version), 'application/json');
      case '/health':
        return withoutLineEnd(await health(deps), 'text/plain; charset=utf-8');
      case '/v2/machines': {
        const { members } = await deps.cluster();
        const urls = members.flatMap(({ clientUrls }) => clientUrls).toSorted();
        return withoutLineEnd(urls.join(', '), 'text/plain; charset=utf-8');
      }
      case '/v2/auth/enable':
        return jsonAnswer(200, '{"enabled":false}', identity);
      case '/v2/stats/self':
        return withoutLineEnd(
          renderSelf(await deps.cluster(), startedAt, deps.clock.now()),
          'application/json',
        );
      case '/v2/stats/leader':
        return withoutLineEnd(renderLeader(await deps.cluster()), 'application/json');
      default:
        return withoutLineEnd(stats.render(), 'application/json');
    }
  }
}

/** The methods of a path that is only read. */
function readsAt(path: string): string | undefined {
  switch (path) {
    case '/version':
    case '/health':
    case '/v2/auth/enable':
    case '/v2/stats/self':
    case '/v2/stats/leader':
    case '/v2/stats/store':
      return 'GET';
    case '/v2/machines':
      return 'GET,HEAD';
    default:
      return undefined;
  }
}

/** A linearizable read tells whether the store answers. */
async function health({ kv, log }: V2HandlerDeps): Promise<string> {
  try {
    await kv.range({ key: Uint8Array.of(1), countOnly: true });
    return '{"health":"true"}';
  } catch (error) {
    log.warn('the store is not healthy', { reason: String(error) });
    return '{"health":"false"}';
  }
}

/** Path and query as the caller sent them, the path with its escapes undone. */
export function targetOf(url: string): { readonly path: string; readonly query: string } {
  const target = /^[a-z]+:\/\/[^/?#]*([^?#]*)\??([^#]*)/i.exec(url);
  return { path: unescapePath(target?.[1] || '/'), query: target?.[2] ?? '' };
}

function locationOf(path: string, query: string): string {
  return encodeURI(path) + (query === '' ? '' : `?${query}`);
}

export function isUnder(path: string, top: string): boolean {
  return path === top || path.startsWith(`${top}/`);
}

function withoutLineEnd(body: string, type: string): Response {
  return new Response(body, { headers: { 'Content-Type': type } });
}
