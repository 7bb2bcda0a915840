// SPDX-License-Identifier: Apache-2.0

import { type ErrorTable, errorsOf } from '../model/index.js';

/** The codes of this room. What a client of the key space meets has etcd's own codes, in `etcd/errors.ts`. */
export const storeErrors = {
  'store/disk-full': {
    message: 'the disk of the store "{folder}" is full',
    next: 'free space on that disk; nothing was lost, and writing works again at once, without a restart',
    httpStatus: 507,
    grpcStatus: 8,
    retry: 'later',
  },
  'store/write-failed': {
    message: 'writing to the store "{folder}" failed: {reason}',
    next: 'look at the disk and at the kernel log, then start again; the store only answers reads until then',
    httpStatus: 500,
    grpcStatus: 14,
  },
  'store/corrupt': {
    message: 'the folder "{folder}" holds no sound store: {reason}',
    next: 'restore a backup into an empty folder, or move this folder away to begin with an empty store',
    httpStatus: 500,
    grpcStatus: 15,
  },
  'store/in-use': {
    message: 'the store "{folder}" is open in process {pid}',
    next: 'stop process {pid} first, or name another folder',
    httpStatus: 409,
    grpcStatus: 9,
  },
  'store/folder-unusable': {
    message: 'cannot use the folder "{folder}" for a store: {reason}',
    next: 'name a folder that this user owns and may write to',
    httpStatus: 500,
    grpcStatus: 9,
  },
  'store/folder-not-empty': {
    message: 'cannot restore into "{folder}": something is there already',
    next: 'name a folder that is empty or does not exist yet',
    httpStatus: 409,
    grpcStatus: 9,
  },
  'store/snapshot-invalid': {
    message: 'not a whole snapshot: {reason}',
    next: 'take it again (`muster store backup`, `etcdctl snapshot save`), or use an older one; the database of a stopped member, which has no checksum, is taken with `--skip-hash-check`',
    httpStatus: 400,
    grpcStatus: 15,
  },
} as const satisfies ErrorTable;

export const fail = errorsOf(storeErrors);
