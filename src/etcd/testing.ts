// SPDX-License-Identifier: Apache-2.0

/** Doubles of the etcd room, for the tests of any room. */
export { type MemoryKv, memoryKv } from './memory-kv.js';
