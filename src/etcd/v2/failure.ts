// SPDX-License-Identifier: Apache-2.0

import { renderText } from './go-json.js';

/** The v2 API's own error codes. Source: etcd-io/etcd 3.4, etcdserver/api/v2error/error.go. */
const messages = {
  100: 'Key not found',
  101: 'Compare failed',
  102: 'Not a file',
  104: 'Not a directory',
  105: 'Key already exists',
  107: 'Root is read only',
  108: 'Directory not empty',
  110: 'The request requires user authentication',
  201: 'PrevValue is Required in POST form',
  202: 'The given TTL in POST form is not a number',
  203: 'The given index in POST form is not a number',
  209: 'Invalid field',
  210: 'Invalid POST form',
  211: 'Value provided on refresh',
  212: 'A TTL must be provided on refresh',
  300: 'Raft Internal Error',
  401: 'The event in requested index is outdated and cleared',
} as const;

export type V2Code = keyof typeof messages;

/** A request that was understood and refused, before its index is known. */
export interface Refusal {
  readonly kind: 'refused';
  readonly code: V2Code;
  /** What the message is about: a path, the parts of a comparison that differ, ... Empty: left out. */
  readonly cause: string;
}

export function refused(code: V2Code, cause: string): Refusal {
  return { kind: 'refused', code, cause };
}

const statuses: Readonly<Partial<Record<V2Code, number>>> = {
  100: 404,
  101: 412,
  102: 403,
  105: 412,
  108: 403,
  110: 401,
  300: 500,
};

export function statusOf(code: V2Code): number {
  return statuses[code] ?? 400;
}

/** The body of a refusal, without the line end. */
export function renderRefusal(refusal: Refusal, index: number): string {
  const cause = refusal.cause === '' ? '' : `"cause":${renderText(refusal.cause)},`;
  return `{"errorCode":${refusal.code},"message":${renderText(messages[refusal.code])},${cause}"index":${index}}`;
}
