// SPDX-License-Identifier: Apache-2.0

/** Runs it when first asked and keeps what came of it. */
export function once<T>(run: () => T): () => T {
  const kept: { value?: T } = {};
  return () => {
    kept.value ??= run();
    return kept.value;
  };
}
