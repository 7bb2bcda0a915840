// SPDX-License-Identifier: Apache-2.0

import type { Permission } from '../auth.js';
import { Permission_Type as PermissionType, type Permission as WirePermission } from '../gen/authpb/auth.js';
import { decodeRange, noBytes } from './key-value.js';

const kinds = ['read', 'write', 'readwrite'] as const;
const types = {
  read: PermissionType.READ,
  write: PermissionType.WRITE,
  readwrite: PermissionType.READWRITE,
} as const;

export function decodePermission(wire: WirePermission): Permission {
  return { kind: kinds[wire.permType] ?? 'read', ...decodeRange(wire) };
}

export function encodePermission({ kind, key, rangeEnd }: Permission): WirePermission {
  return { permType: types[kind], key, rangeEnd: rangeEnd ?? noBytes };
}
