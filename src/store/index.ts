// SPDX-License-Identifier: Apache-2.0

/**
 * store: the embedded etcd-compatible server of one member. Hides revisions, leases and watches, and how all of
 * it lies on the disk.
 *
 *   put ─ check ─ decide in memory (head) ─ group commit ─ log on disk (durable) ─ watchers ─ answer
 *                                                           └─ kept in memory ─ LMDB, later
 *   range ─────────────────────────────────────────────────── reads durable only, from both
 *
 * It has one writer, this process. It is no cluster: other members never hold a copy. For several, use etcd.
 */
export { type AutoCompaction, parseAutoCompaction } from './auto-compaction.js';
export { storeErrors } from './errors.js';
export { loadStore } from './lmdb-backend.js';
export { openStore, type Store, type StoreDeps, type StoreListen, type StoreOptions } from './open-store.js';
export { type SnapshotFacts, type SnapshotOptions, verifySnapshot } from './read-snapshot.js';
export { restoreSnapshot } from './restore-snapshot.js';
export { snapshotFile } from './take-snapshot.js';
