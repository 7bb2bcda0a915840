// SPDX-License-Identifier: Apache-2.0

import type { ZodType } from 'zod';
import type { Backend } from './backend.js';
import type { GroupCommit } from './group-commit.js';
import { sealed, unsealed } from './record-checksum.js';

/** What the store knows of itself and keeps as JSON text under a key of its own. */
export interface StoredJson<T> {
  /** `undefined` when it was never written. Throws a plain `Error` on what muster did not write. */
  read(): T | undefined;
  /** Resolves once it is on disk; rejects when it surely is not, or when nobody knows. */
  write(value: T): Promise<void>;
}

export interface StoredJsonDeps {
  readonly backend: Backend;
  readonly commits: GroupCommit;
}

/** JSON text with a checksum behind it. */
export function encodeStored(value: unknown): Uint8Array {
  return sealed(Buffer.from(JSON.stringify(value), 'utf8'));
}

/** Throws a plain `Error` on what muster did not write; `undefined` stays `undefined`. */
export function parseStored<T>(bytes: Uint8Array | undefined, schema: ZodType<T>): T | undefined {
  return bytes === undefined
    ? undefined
    : schema.parse(JSON.parse(Buffer.from(unsealed(bytes)).toString('utf8')));
}

export function storedJson<T>(deps: StoredJsonDeps, key: Uint8Array, schema: ZodType<T>): StoredJson<T> {
  return {
    read: () => parseStored(deps.backend.get(key), schema),
    async write(value) {
      const failure = deps.commits.failure();
      if (failure !== undefined) throw failure;
      const writes = [{ kind: 'put', key, value: encodeStored(value) }] as const;
      deps.commits.add({ writes, undo: () => {}, settle: () => {} });
      await deps.commits.durable();
    },
  };
}
