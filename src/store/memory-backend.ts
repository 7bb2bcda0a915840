// SPDX-License-Identifier: Apache-2.0

import type { Backend, BackendView } from './backend.js';
import { keyBytes, keyText } from './key.js';
import { type SortedMap, sortedMap } from './sorted-map.js';

/** Keeps everything in memory and loses it on close; a commit is there one microtask later. */
export function memoryBackend(): Backend {
  const entries = sortedMap<Uint8Array>();
  const size = { bytes: 0 };
  const forget = (key: string) => {
    size.bytes -= entries.get(key)?.length ?? 0;
    entries.delete(key);
  };
  return {
    get: (key) => entries.get(keyText(key)),
    scan: (from, to, visit) =>
      entries.scan(keyText(from), keyText(to), (key, value) => visit(keyBytes(key), value)),
    async commit(writes) {
      for (const write of writes) {
        const key = keyText(write.key);
        forget(key);
        if (write.kind === 'remove') continue;
        entries.set(key, write.value);
        size.bytes += write.value.length;
      }
    },
    flush: () => Promise.resolve(),
    turn: () => Promise.resolve(),
    entryCount: () => entries.size(),
    sizeBytes: () => size.bytes,
    inUseBytes: () => size.bytes,
    view: () => copyOf(entries),
    // Nothing is kept of what is freed.
    defragment: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}

function copyOf(entries: SortedMap<Uint8Array>): BackendView {
  const copied = new Map<string, Uint8Array>();
  entries.scan('', undefined, (key, value) => {
    copied.set(key, value);
    return true;
  });
  const copy = sortedMap(copied);
  return {
    scan: (from, to, visit) =>
      copy.scan(keyText(from), keyText(to), (key, value) => visit(keyBytes(key), value)),
    close: () => {},
  };
}
