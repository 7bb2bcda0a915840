// SPDX-License-Identifier: Apache-2.0

import type { ZodType } from 'zod';
import type { Backend } from './backend.js';
import type { GroupCommit } from './group-commit.js';

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

export function storedJson<T>(deps: StoredJsonDeps, key: Uint8Array, schema: ZodType<T>): StoredJson<T> {
  return {
    read() {
      const bytes = deps.backend.get(key);
      return bytes === undefined ? undefined : schema.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
    },
    async write(value) {
      const failure = deps.commits.failure();
      if (failure !== undefined) throw failure;
      const bytes = Buffer.from(JSON.stringify(value), 'utf8');
      const writes = [{ kind: 'put', key, value: bytes }] as const;
      deps.commits.add({ writes, undo: () => {}, settle: () => {} });
      await deps.commits.durable();
    },
  };
}
