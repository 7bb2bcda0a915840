// SPDX-License-Identifier: Apache-2.0

import { registryPrefix } from './keys.js';
import type { StoredToken, TakenSlot } from './token-record.js';

// What etcd's discovery clients read of etcd's v2 API: etcd-io/etcd 3.5, client/v2 and server/etcdserver/api/v2discovery.

const messages = {
  100: [404, 'Key not found'],
  105: [412, 'Key already exists'],
  209: [400, 'Invalid field'],
  /** Clients take a 5xx for a bad day of the service: they wait a little, and begin anew. */
  300: [503, 'Raft Internal Error'],
} as const;

export type V2Code = keyof typeof messages;

export function jsonAnswer(status: number, body: string, index: number): Response {
  return new Response(body, { status, headers: headersAt(index) });
}

export function refusalAnswer(code: V2Code, cause: string, index: number): Response {
  const [status, message] = messages[code];
  return jsonAnswer(status, `${JSON.stringify({ errorCode: code, message, cause, index })}\n`, index);
}

/**
 * The head of a long poll goes out at once, the body when there is something to tell. Chunked is said, because
 * a server that could still hope for a length would hold the head back.
 */
export function pollAnswer(body: ReadableStream<Uint8Array>, index: number): Response {
  return new Response(body, { headers: { ...headersAt(index), 'Transfer-Encoding': 'chunked' } });
}

function headersAt(index: number): Record<string, string> {
  return { 'Content-Type': 'application/json', 'X-Etcd-Index': String(index) };
}

export function renderSize({ token, size }: StoredToken): string {
  return `{"action":"get","node":${sizeNode(token, size)}}\n`;
}

export function renderConfig({ token, size }: StoredToken): string {
  const { modRevision, createRevision } = size;
  const nodes = `"nodes":[${sizeNode(token, size)}]`;
  return `{"action":"get","node":{"key":"${registryPrefix}${token}/_config","dir":true,${nodes},${indexes(modRevision, createRevision)}}}\n`;
}

/** The members in order; the configuration is hidden, as names with an underscore are. */
export function renderToken({ token, size, registered }: StoredToken): string {
  const nodes = registered.map((slot) => slotNode(token, slot)).join(',');
  const { createRevision } = size;
  return `{"action":"get","node":{"key":"${registryPrefix}${token}","dir":true,"nodes":[${nodes}],${indexes(createRevision, createRevision)}}}\n`;
}

export function renderSlot(action: 'get' | 'create', token: string, slot: TakenSlot): string {
  return `{"action":"${action}","node":${slotNode(token, slot)}}\n`;
}

export function renderFreed(token: string, memberId: string, index: number): string {
  return `{"action":"delete","node":{"key":"${registryPrefix}${token}/${memberId}",${indexes(index, index)}}}\n`;
}

function slotNode(token: string, { memberId, advert, modRevision, createRevision }: TakenSlot): string {
  const key = `${registryPrefix}${token}/${memberId}`;
  return `{"key":"${key}","value":${JSON.stringify(advert)},${indexes(modRevision, createRevision)}}`;
}

function sizeNode(token: string, { value, modRevision, createRevision }: StoredToken['size']): string {
  return `{"key":"${registryPrefix}${token}/_config/size","value":"${value}",${indexes(modRevision, createRevision)}}`;
}

function indexes(modified: number, created: number): string {
  return `"modifiedIndex":${modified},"createdIndex":${created}`;
}
