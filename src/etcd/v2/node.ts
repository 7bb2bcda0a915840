// SPDX-License-Identifier: Apache-2.0

export type V2Action =
  | 'get'
  | 'set'
  | 'create'
  | 'update'
  | 'compareAndSwap'
  | 'compareAndDelete'
  | 'delete'
  | 'expire';

/** A node as a v2 client is shown it. */
export interface V2Node {
  /** Clean path; `/` is shown without a key. */
  readonly key: string;
  /** Of files that are there. */
  readonly value?: string;
  readonly isDirectory: boolean;
  /** Milliseconds since 1970. */
  readonly expiresAt?: number;
  /** Children, of a listed directory. */
  readonly nodes?: readonly V2Node[];
  /** 0: not shown. */
  readonly modifiedIndex: number;
  readonly createdIndex: number;
}

/** What happened to one node, or, with the action `get`, what it is. */
export interface V2Event {
  readonly action: V2Action;
  readonly node: V2Node;
  readonly prevNode?: V2Node;
  /** When it happened, in milliseconds since 1970: TTLs are counted from there. */
  readonly at: number;
}
