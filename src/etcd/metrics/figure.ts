// SPDX-License-Identifier: Apache-2.0

/** One value of a figure, and what it is of. */
export interface Sample {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

interface Named {
  /** etcd's own, where etcd tells the same. */
  readonly name: string;
  readonly help: string;
}

/** What `/metrics` tells. `counter`: what was counted since the start. */
export type Figure = Named &
  (
    | {
        readonly kind: 'counter' | 'gauge';
        /** Left out: none. */
        readonly labelNames?: readonly string[];
        read(): Promise<readonly Sample[]> | readonly Sample[];
      }
    | {
        readonly kind: 'histogram';
        /** Upper bounds. */
        readonly buckets: readonly number[];
        /** From now on `observe` is told each value; called once, when somebody first asks for `/metrics`. */
        follow(observe: (value: number) => void): void;
      }
  );

/** A figure of one number. */
export function figure(kind: 'counter' | 'gauge', name: string, help: string, read: () => number): Figure {
  return { kind, name, help, read: () => [{ value: read() }] };
}
