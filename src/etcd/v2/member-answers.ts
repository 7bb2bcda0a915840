// SPDX-License-Identifier: Apache-2.0

import { z } from 'zod';
import type { MemberRecord } from '../identity.js';
import { type Headers, jsonAnswer, notAllowed } from './answer.js';
import { renderText } from './go-json.js';
import { readBody } from './read-body.js';

/** A cluster as the v2 API shows it. */
export interface V2Cluster {
  readonly members: readonly MemberRecord[];
  /** Of `members`; `undefined`: none now. */
  readonly leader: MemberRecord['id'] | undefined;
}

export interface MemberAnswerDeps {
  readonly identity: Headers;
  readonly cluster: () => Promise<V2Cluster>;
}

const urlsSchema = z.object({ peerURLs: z.array(z.url({ protocol: /^https?$/ })).nonempty() });

/** `/v2/members`; `rest` is the path after it. */
export async function answerMembers(
  deps: MemberAnswerDeps,
  request: Request,
  rest: string,
): Promise<Response> {
  const { method } = request;
  const name = rest.replace(/^\/+|\/+$/g, '');
  switch (method) {
    case 'GET':
      return answerList(deps, await deps.cluster(), name);
    case 'POST':
      return answerAdd(deps, request);
    case 'PUT':
    case 'DELETE':
      if (name !== '') return answerChange(deps, request, name);
  }
  // Etcd knows the method and not what to do with it: then it names no other, and says who it is.
  if (method === 'PUT' || method === 'DELETE') return notAllowed(undefined, deps.identity);
  return notAllowed('GET,POST,DELETE,PUT');
}

function answerList(deps: MemberAnswerDeps, { members, leader }: V2Cluster, name: string): Response {
  if (name === '')
    return jsonAnswer(200, `{"members":[${members.map(renderMember).join(',')}]}`, deps.identity);
  if (name !== 'leader') return said(deps, 404, 'Not found');
  const first = members.find(({ id }) => id === leader);
  return first === undefined
    ? said(deps, 503, 'During election')
    : jsonAnswer(200, renderMember(first), deps.identity);
}

async function answerAdd(deps: MemberAnswerDeps, request: Request): Promise<Response> {
  const urls = await readUrls(deps, request);
  if (urls instanceof Response) return urls;
  const { members } = await deps.cluster();
  if (members.some(({ peerUrls }) => peerUrls.some((url) => urls.includes(url)))) {
    return said(deps, 409, 'membership: peerURL exists');
  }
  return said(deps, 501, unchangeable);
}

async function answerChange(deps: MemberAnswerDeps, request: Request, name: string): Promise<Response> {
  const unknown = () => said(deps, 404, `No such member: ${name}`);
  if (!/^[0-9a-f]+$/i.test(name)) return unknown();
  const urls = request.method === 'PUT' ? await readUrls(deps, request) : undefined;
  if (urls instanceof Response) return urls;
  const { members } = await deps.cluster();
  const isKnown = members.some(({ id }) => id === BigInt(`0x${name}`));
  return isKnown ? said(deps, 501, unchangeable) : unknown();
}

const unchangeable = 'members are not changed through the v2 API: use the v3 API of the store';

async function readUrls(deps: MemberAnswerDeps, request: Request): Promise<readonly string[] | Response> {
  const type = request.headers.get('content-type') ?? '';
  if (type !== 'application/json')
    return said(deps, 415, `Bad Content-Type ${type}, accept application/json`);
  const body = await readBody(request);
  if (body === undefined) return said(deps, 400, 'the body is too large');
  try {
    const urls = urlsSchema.safeParse(JSON.parse(body.toString('utf8')));
    return urls.data?.peerURLs ?? said(deps, 400, 'no valid URLs given');
  } catch (error) {
    return said(deps, 400, error instanceof Error ? error.message : 'no JSON');
  }
}

function said({ identity }: MemberAnswerDeps, status: number, message: string): Response {
  const headers = { ...identity, 'Content-Type': 'application/json' };
  return new Response(`{"message":${renderText(message)}}`, { status, headers });
}

export function renderMember({ id, name, peerUrls, clientUrls }: MemberRecord): string {
  const list = (urls: readonly string[]) => `[${urls.map(renderText).join(',')}]`;
  return `{"id":"${id.toString(16)}","name":${renderText(name)},"peerURLs":${list(peerUrls)},"clientURLs":${list(clientUrls)}}`;
}
