// SPDX-License-Identifier: Apache-2.0

import type { Backend, BackendView } from './backend.js';

export interface Entry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

const entriesAtATime = 500;
const bytesAtATime = 256 * 1024;

/**
 * Everything in a view with from ≤ key < to, in order, in small slices with other work let in between. Does not
 * close the view.
 */
export async function* slicesOf(
  backend: Backend,
  view: BackendView,
  from: Uint8Array = Uint8Array.of(0),
  to: Uint8Array = Uint8Array.of(0xff),
): AsyncGenerator<readonly Entry[]> {
  for (let next: Uint8Array | undefined = from; next !== undefined; ) {
    const slice = readSlice(view, next, to);
    if (slice.entries.length > 0) yield slice.entries;
    next = slice.next;
    await backend.turn();
  }
}

function readSlice(view: BackendView, from: Uint8Array, to: Uint8Array) {
  const entries: Entry[] = [];
  const progress: { bytes: number; next: Uint8Array | undefined } = { bytes: 0, next: undefined };
  view.scan(from, to, (key, value) => {
    if (entries.length >= entriesAtATime || progress.bytes >= bytesAtATime) {
      progress.next = Uint8Array.from(key);
      return false;
    }
    entries.push({ key: Buffer.from(key), value });
    progress.bytes += key.length + value.length;
    return true;
  });
  return { entries, next: progress.next };
}
