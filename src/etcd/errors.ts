// SPDX-License-Identifier: Apache-2.0

import { type ErrorRow, type ErrorTable, errorsOf, isMusterError, type MusterError } from '../model/index.js';
import { accessRows } from './errors-access.js';
import { clusterRows } from './errors-cluster.js';
import { requestRows } from './errors-request.js';

const table = { ...requestRows, ...clusterRows, ...accessRows } as const satisfies ErrorTable;

/** Every code of this room with its text, what to do next, and its HTTP and gRPC status. */
export const etcdErrors: Readonly<Record<EtcdErrorCode, ErrorRow>> = table;

export type EtcdErrorCode = keyof typeof table;

/** Makes an error of this room; those of etcd's own wire carry etcd's text and status exactly. */
export const fail = errorsOf(table);

const codeByText: ReadonlyMap<string, EtcdErrorCode> = new Map(
  (Object.keys(table) as EtcdErrorCode[])
    .map((code) => [table[code].message, code] as const)
    .filter(([text]) => text.startsWith('etcdserver: ')),
);

const codeByStatus: ReadonlyMap<number, EtcdErrorCode> = new Map([
  [1, 'etcd/cancelled'],
  [4, 'etcd/deadline-exceeded'],
  [8, 'etcd/exhausted'],
  [12, 'etcd/unimplemented'],
  [14, 'etcd/unavailable'],
] as const);

/** The error that an answer with this gRPC status and text stands for. Never throws. */
export function errorOfStatus(status: number, text: string, cause?: unknown): MusterError {
  const known = codeByText.get(text) ?? codeByStatus.get(status);
  return fail(known ?? 'etcd/unknown', { reason: text, status }, cause);
}

/** What an error becomes on the wire. A plain `Error` is a defect, of which the other side learns nothing. */
export function statusOfError(error: unknown): { readonly status: number; readonly text: string } {
  if (!isMusterError(error)) return { status: 13, text: 'internal error' };
  return { status: error.grpcStatus, text: error.message };
}

/** Whether the store may well answer another time: out of reach, without a leader, too slow, ... */
export function isAway(error: unknown): error is MusterError {
  return isMusterError(error) && error.retry !== 'never';
}
