// SPDX-License-Identifier: Apache-2.0

import type { Clock, Log } from '../../effects/index.js';
import type { Revision } from '../../model/index.js';
import type { Kv } from '../kv.js';
import { type Headers, jsonAnswer, notAllowed, refusalAnswer } from './answer.js';
import { commit } from './commit.js';
import { refused } from './failure.js';
import { type Form, parseForm } from './form.js';
import { renderEvent } from './go-json.js';
import { type KeyRequest, parseKeyRequest } from './key-request.js';
import { list } from './listing.js';
import { lookInside, lookUp } from './lookup.js';
import type { V2Event } from './node.js';
import { readBody } from './read-body.js';
import type { StoreStats } from './stats.js';
import { shown, walk } from './tree.js';
import type { WatchAnswers } from './watch-answers.js';

export interface KeyAnswerDeps {
  readonly kv: Kv;
  readonly clock: Clock;
  readonly log: Log;
  /** `X-Etcd-Cluster-Id`. */
  readonly identity: Headers;
  /** `X-Raft-Term`; the v3 API tells it to nobody but the cluster's own clients. */
  readonly raftTerm: bigint;
  readonly watches: WatchAnswers;
  readonly stats: StoreStats;
}

const methods = ['HEAD', 'GET', 'PUT', 'POST', 'DELETE'];

/** `/v2/keys`. `path` is clean, `query` without its question mark. */
export async function answerKeys(
  deps: KeyAnswerDeps,
  request: Request,
  path: string,
  query: string,
): Promise<Response> {
  const { method } = request;
  const { identity } = deps;
  if (!methods.includes(method)) return notAllowed(methods.join(','));
  const form = await readForm(request, query);
  if (!isForm(form)) return refusalAnswer(form, 0, identity);
  const parsed = parseKeyRequest(method, path, form);
  if ('kind' in parsed) return refusalAnswer(parsed, 0, identity);
  try {
    if (parsed.isWait) return await deps.watches.answer(parsed, (revision) => indexHeaders(deps, revision));
    const isRead = method === 'GET' || method === 'HEAD';
    return isRead ? await answerRead(deps, parsed) : await answerWrite(deps, method, parsed);
  } catch (error) {
    deps.log.warn('a v2 request failed', { method, path, reason: String(error) });
    const reason = error instanceof Error ? error.message : String(error);
    return refusalAnswer(refused(300, reason), 0, identity);
  }
}

async function answerRead(deps: KeyAnswerDeps, request: KeyRequest): Promise<Response> {
  const { kv, stats, clock } = deps;
  const { revision, levels } = await lookUp(kv, request.path);
  const found = walk(levels);
  stats.count('get', found.kind !== 'refused');
  if (found.kind === 'refused') return refusalAnswer(found, revision, deps.identity);
  const isFile = found.kind === 'file';
  const node = isFile
    ? shown(found)
    : list(found, await lookInside(kv, found.path, revision), request.isRecursive);
  return eventAnswer(deps, { action: 'get', node, at: clock.now() }, revision, 200);
}

async function answerWrite(deps: KeyAnswerDeps, method: string, request: KeyRequest): Promise<Response> {
  const outcome = await commit(deps, method, request);
  deps.stats.countWrite(method, request, outcome.kind === 'done');
  if (outcome.kind === 'refused') return refusalAnswer(outcome.refusal, outcome.index, deps.identity);
  const { event, index } = outcome;
  const isNew = event.action === 'create' || (event.action === 'set' && event.prevNode === undefined);
  const isBrief = request.isBrief && event.action !== 'delete' && event.action !== 'compareAndDelete';
  if (!isBrief) return eventAnswer(deps, event, index, isNew ? 201 : 200);
  return jsonAnswer(isNew ? 201 : 200, `{"action":"${event.action}"}`, indexHeaders(deps, index));
}

function eventAnswer(deps: KeyAnswerDeps, event: V2Event, index: Revision, status: number): Response {
  return jsonAnswer(status, renderEvent(event), indexHeaders(deps, index));
}

function indexHeaders({ identity, raftTerm }: KeyAnswerDeps, index: number): Headers {
  const indexes = { 'X-Etcd-Index': String(index), 'X-Raft-Index': String(index) };
  return { ...identity, ...indexes, 'X-Raft-Term': String(raftTerm) };
}

/** Fields of the body, where the method has a form in it, go before those of the query. */
export async function readForm(request: Request, query: string): Promise<Form | ReturnType<typeof refused>> {
  const inQuery = parseForm(query);
  if (request.method !== 'PUT' && request.method !== 'POST') return inQuery;
  const type = (request.headers.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/x-www-form-urlencoded') return inQuery;
  const body = await readBody(request);
  if (body === undefined) return refused(210, 'http: POST too large');
  const inBody = parseForm(body.toString('utf8'));
  if (!isForm(inBody)) return inBody;
  return isForm(inQuery) ? new Map([...inQuery, ...inBody]) : inQuery;
}

export function isForm(form: Form | ReturnType<typeof refused>): form is Form {
  return !('kind' in form);
}
