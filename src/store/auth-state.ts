// SPDX-License-Identifier: Apache-2.0

import * as z from 'zod';
import type { Permission } from '../etcd/index.js';
import { metaKey } from './record.js';
import { parseStored } from './stored-json.js';

export interface User {
  /** A bcrypt hash, as etcd keeps it; empty: comes by certificate only (`no_password`). */
  readonly secret: string;
  /** Sorted. */
  readonly roles: readonly string[];
}

/** By key; ranges with the same key in the order of their granting. */
export type Role = readonly Permission[];

/** Users and roles, and whether they count. */
export interface AuthState {
  readonly isEnabled: boolean;
  readonly revision: number;
  readonly users: ReadonlyMap<string, User>;
  readonly roles: ReadonlyMap<string, Role>;
}

export const authKey = metaKey('auth');

/** Who has the role of the same name may do everything; it need not exist. */
export const rootName = 'root';

export const newAuthState: AuthState = { isEnabled: false, revision: 1, users: new Map(), roles: new Map() };

const bytes = z.base64();
const permission = z.strictObject({
  kind: z.enum(['read', 'write', 'readwrite']),
  key: bytes,
  rangeEnd: bytes.optional(),
});

/** How the state is kept. */
export const authRecordSchema = z.strictObject({
  isEnabled: z.boolean(),
  revision: z.int().min(1),
  users: z.array(z.strictObject({ name: z.string(), secret: z.string(), roles: z.array(z.string()) })),
  roles: z.array(z.strictObject({ name: z.string(), permissions: z.array(permission) })),
});

export type AuthRecord = z.infer<typeof authRecordSchema>;

/** Of what is stored under `authKey`. Throws a plain `Error` when muster did not write it. */
export function parseAuthState(bytes: Uint8Array | undefined): AuthState {
  const record = parseStored(bytes, authRecordSchema);
  return record === undefined ? newAuthState : decodeAuthState(record);
}

export function encodeAuthState(state: AuthState): AuthRecord {
  const { isEnabled, revision } = state;
  return {
    isEnabled,
    revision,
    users: [...state.users].map(([name, { secret, roles }]) => ({ name, secret, roles: [...roles] })),
    roles: [...state.roles].map(([name, role]) => ({ name, permissions: role.map(encodePermission) })),
  };
}

function decodeAuthState(record: AuthRecord): AuthState {
  return {
    isEnabled: record.isEnabled,
    revision: record.revision,
    users: new Map(record.users.map(({ name, secret, roles }) => [name, { secret, roles }])),
    roles: new Map(record.roles.map(({ name, permissions }) => [name, permissions.map(decodePermission)])),
  };
}

function encodePermission({ kind, key, rangeEnd }: Permission): z.infer<typeof permission> {
  const end = rangeEnd === undefined ? {} : { rangeEnd: Buffer.from(rangeEnd).toString('base64') };
  return { kind, key: Buffer.from(key).toString('base64'), ...end };
}

function decodePermission({ kind, key, rangeEnd }: z.infer<typeof permission>): Permission {
  const end = rangeEnd === undefined ? {} : { rangeEnd: Buffer.from(rangeEnd, 'base64') };
  return { kind, key: Buffer.from(key, 'base64'), ...end };
}
