// SPDX-License-Identifier: Apache-2.0

import { z } from 'zod';
import { keyOf, textOf } from '../text.js';

/**
 * What the view keeps beside a node, in the same txn as the node itself. A left out index is the revision of the
 * record's own write, which nobody knew when it was written. A file's record holds only as long as the file was
 * not written after it.
 */
const recordSchema = z.object({
  kind: z.enum(['file', 'directory']),
  created: z.number().int().optional(),
  modified: z.number().int().optional(),
  /** When its own TTL ends, milliseconds since 1970. */
  expiresAt: z.number().optional(),
  /** When its lease ends: with its own TTL or with that of a directory above, whichever comes first. */
  endsAt: z.number().optional(),
});

export type NodeRecord = z.infer<typeof recordSchema>;

const actionSchema = z.enum(['set', 'create', 'update', 'compareAndSwap', 'compareAndDelete', 'delete']);

/**
 * One v2 write, told to watchers. It holds no value: those are in the v3 event of the file. A left out index is
 * the revision of the write.
 */
const entrySchema = z.object({
  action: actionSchema,
  key: z.string(),
  isDirectory: z.boolean(),
  created: z.number().int().optional(),
  expiresAt: z.number().optional(),
  at: z.number(),
  /** Watchers are not told: a refresh, or a step of a larger change. */
  isQuiet: z.boolean(),
  prev: z
    .object({
      isDirectory: z.boolean(),
      created: z.number().int(),
      modified: z.number().int(),
      expiresAt: z.number().optional(),
    })
    .optional(),
});

export type WriteAction = z.infer<typeof actionSchema>;
export type WriteEntry = z.infer<typeof entrySchema>;

export const encodeRecord = (record: NodeRecord): Uint8Array => keyOf(JSON.stringify(record));
export const encodeEntry = (entry: WriteEntry): Uint8Array => keyOf(JSON.stringify(entry));

/** `undefined` for what the view has not written: the node then counts as written by v3. */
export function findRecord(value: Uint8Array): NodeRecord | undefined {
  return recordSchema.safeParse(parseJson(value)).data;
}

export function findEntry(value: Uint8Array): WriteEntry | undefined {
  return entrySchema.safeParse(parseJson(value)).data;
}

function parseJson(value: Uint8Array): unknown {
  try {
    return JSON.parse(textOf(value));
  } catch {
    return undefined;
  }
}
