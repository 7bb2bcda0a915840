// SPDX-License-Identifier: Apache-2.0

import { BinaryReader } from '@bufbuild/protobuf/wire';
import type { FieldSchema, MessageSchema } from '../schema/schema.js';

/** What `JSON.stringify` takes. */
export type Json = string | number | boolean | Json[] | { [name: string]: Json };

/**
 * A message as proto3 JSON the way etcd's gateway writes it: names as in the .proto file, in its order; 64 bits
 * and bytes (base64) as strings; what is zero left out.
 */
export function jsonOfMessage(schema: MessageSchema, bytes: Uint8Array): Json {
  const reader = new BinaryReader(bytes);
  const byNumber = new Map(schema.fields.map((field) => [field.number, field]));
  const seen = new Map<FieldSchema, Json[]>();
  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag();
    const field = byNumber.get(number);
    if (field === undefined) {
      reader.skip(wireType, number);
      continue;
    }
    const isPacked = field.isList && wireType === 2 && isVarint(field);
    const values = isPacked ? readPacked(reader, field) : [readValue(reader, field)];
    const before = seen.get(field);
    // A list may have a million values: they are never copied.
    if (before === undefined) seen.set(field, values);
    else for (const value of values) before.push(value);
  }
  const present = schema.fields.flatMap((field): [string, Json][] => {
    const values = seen.get(field) ?? [];
    const value = field.isList && values.length > 0 ? values : values.at(-1);
    return value === undefined ? [] : [[field.name, value]];
  });
  return Object.fromEntries(present);
}

function isVarint({ type }: FieldSchema): boolean {
  return type.kind !== 'bytes' && type.kind !== 'string' && type.kind !== 'message';
}

function readPacked(reader: BinaryReader, field: FieldSchema): Json[] {
  const end = reader.uint32() + reader.pos;
  const values: Json[] = [];
  while (reader.pos < end) values.push(readValue(reader, field));
  return values;
}

function readValue(reader: BinaryReader, { type }: FieldSchema): Json {
  switch (type.kind) {
    case 'bytes':
      return Buffer.from(reader.bytes()).toString('base64');
    case 'string':
      return reader.string();
    case 'bool':
      return reader.bool();
    case 'int64':
      return String(reader.int64());
    case 'uint64':
      return String(reader.uint64());
    case 'int32':
      return reader.int32();
    case 'uint32':
      return reader.uint32();
    case 'enum': {
      const number = reader.int32();
      return type.names.get(number) ?? number;
    }
    case 'message':
      return jsonOfMessage(type.message(), reader.bytes());
  }
}
