// SPDX-License-Identifier: Apache-2.0

import type { Permission } from './auth.js';
import { decodeMessage, encodeMessage } from './codec.js';
import { Role, User } from './gen/authpb/auth.js';
import { AlarmMember, AlarmType } from './gen/etcdserverpb/maintenance.js';
import { Lease } from './gen/leasepb/lease.js';
import { KeyValue as WireKeyValue } from './gen/mvccpb/kv.js';
import type { KeyValue } from './kv.js';
import type { Alarm } from './member.js';
import { textOf } from './text.js';
import { ByteWriter } from './wire/byte-writer.js';
import { keyValueSize, writeKeyValue } from './wire/hot-answers.js';
import { decodeKeyValue, noBytes } from './wire/key-value.js';
import { decodePermission, encodePermission } from './wire/permission.js';

export interface StoredUser {
  readonly name: string;
  /** As etcd keeps it, a bcrypt hash; empty with `hasPassword: false`. */
  readonly secret: string;
  readonly hasPassword: boolean;
  readonly roles: readonly string[];
}

export interface StoredRole {
  readonly name: string;
  readonly permissions: readonly Permission[];
}

/**
 * The messages that etcd keeps in its database. What decodes throws `etcd/malformed-message` on bytes that are none.
 * Sources: etcd-io/etcd server/storage/mvcc/kvstore_txn.go, server/lease/lessor.go, server/auth/store.go, 3.4 to 3.6
 */
export const stored = {
  encodeKeyValue(kv: KeyValue): Uint8Array {
    const writer = new ByteWriter(keyValueSize(kv));
    writeKeyValue(writer, kv);
    return writer.bytes;
  },
  decodeKeyValue: (bytes: Uint8Array): KeyValue => decodeKeyValue(decodeMessage(WireKeyValue, bytes)),
  encodeLease: (id: bigint, ttlSeconds: number): Uint8Array =>
    encodeMessage(Lease, { ID: id, TTL: ttlSeconds, RemainingTTL: 0 }),
  decodeLease(bytes: Uint8Array): { readonly id: bigint; readonly ttlSeconds: number } {
    const { ID, TTL } = decodeMessage(Lease, bytes);
    return { id: ID, ttlSeconds: TTL };
  },
  encodeAlarm: ({ memberId, kind }: Alarm): Uint8Array =>
    encodeMessage(AlarmMember, {
      memberID: memberId,
      alarm: kind === 'no-space' ? AlarmType.NOSPACE : AlarmType.CORRUPT,
    }),
  encodeUser: ({ name, secret, hasPassword, roles }: StoredUser): Uint8Array =>
    encodeMessage(User, {
      name: Buffer.from(name),
      password: hasPassword ? Buffer.from(secret) : noBytes,
      roles,
      options: { noPassword: !hasPassword },
    }),
  decodeUser(bytes: Uint8Array): StoredUser {
    const { name, password, roles, options } = decodeMessage(User, bytes);
    const hasPassword = options?.noPassword !== true && password.length > 0;
    return { name: textOf(name), secret: hasPassword ? textOf(password) : '', hasPassword, roles };
  },
  encodeRole: ({ name, permissions }: StoredRole): Uint8Array =>
    encodeMessage(Role, { name: Buffer.from(name), keyPermission: permissions.map(encodePermission) }),
  decodeRole(bytes: Uint8Array): StoredRole {
    const { name, keyPermission } = decodeMessage(Role, bytes);
    return { name: textOf(name), permissions: keyPermission.map(decodePermission) };
  },
} as const;
