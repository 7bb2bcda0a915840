// SPDX-License-Identifier: Apache-2.0

import { BinaryWriter } from '@bufbuild/protobuf/wire';
import type { FieldSchema, FieldType, MessageSchema } from '../schema/schema.js';
import { JsonFault, type JsonField, type JsonNode, type Place } from './json-reader.js';
import { bytesOf, integerOf } from './json-scalars.js';
import type { JsonText } from './json-values.js';

/**
 * A message from proto3 JSON the way etcd's gateway reads it: names of either form, fields and enum values that are
 * not known passed over; `null` stands for nothing; 64 bits as string or number; base64 of either alphabet.
 *
 * Source of rules and texts: protobuf-go, encoding/protojson/decode.go, with DiscardUnknown.
 *
 * @throws `JsonFault`
 */
export function messageOfJson(schema: MessageSchema, { text, node }: JsonText): Uint8Array {
  return writeMessage({ text, writer: new BinaryWriter() }, schema, node).finish();
}

interface Target {
  readonly text: string;
  readonly writer: BinaryWriter;
}

function writeMessage(target: Target, schema: MessageSchema, node: JsonNode): BinaryWriter {
  if (node.kind !== 'object') throw unexpectedToken(target, node);
  const seen = new Set<FieldSchema | string>();
  for (const given of node.fields) {
    const { name, place, value } = given;
    const field = fieldOf(schema, name);
    if (field === undefined) continue;
    if (seen.has(field)) throw faultAt(target, place, `duplicate field ${place.raw}`);
    seen.add(field);
    if (value.kind !== 'null') writeField(target, field, given, seen);
  }
  return target.writer;
}

function fieldOf(schema: MessageSchema, name: string): FieldSchema | undefined {
  return (
    schema.fields.find(({ jsonName }) => jsonName === name) ??
    schema.fields.find((field) => field.name === name)
  );
}

function writeField(
  target: Target,
  field: FieldSchema,
  { place, value }: JsonField,
  seen: Set<FieldSchema | string>,
): void {
  if (field.isList) {
    if (value.kind !== 'array') throw unexpectedToken(target, value);
    for (const one of value.items) writeValue(target, field, one);
    return;
  }
  const { oneof } = field;
  if (oneof !== undefined && seen.has(oneof)) {
    throw faultAt(target, place, `error parsing ${place.raw}, oneof ${oneof} is already set`);
  }
  if (oneof !== undefined) seen.add(oneof);
  writeValue(target, field, value);
}

function writeValue(target: Target, field: FieldSchema, node: JsonNode): void {
  const { text, writer } = target;
  const { number, type } = field;
  switch (type.kind) {
    case 'message':
      writeMessage({ text, writer: writer.tag(number, 2).fork() }, type.message(), node).join();
      break;
    case 'bytes':
      writer.tag(number, 2).bytes(bytesOf(node) ?? refuse(target, field, node));
      break;
    case 'string':
      if (node.kind !== 'string') refuse(target, field, node);
      else writer.tag(number, 2).string(node.value);
      break;
    case 'bool':
      if (node.kind !== 'bool') refuse(target, field, node);
      else writer.tag(number, 0).bool(node.value);
      break;
    case 'enum':
      writeEnum(target, field, type.names, node);
      break;
    default:
      writeInteger(target, field, type.kind, node);
  }
}

function writeEnum(
  target: Target,
  field: FieldSchema,
  names: ReadonlyMap<number, string>,
  node: JsonNode,
): void {
  const known = node.kind === 'string' ? [...names].find(([, name]) => name === node.value)?.[0] : undefined;
  if (node.kind === 'string' && known === undefined) return;
  const found = known ?? (node.kind === 'number' ? integerOf(node, 'int32') : undefined);
  target.writer.tag(field.number, 0).int32(Number(found ?? refuse(target, field, node)));
}

function writeInteger(
  target: Target,
  field: FieldSchema,
  kind: Extract<FieldType['kind'], 'int32' | 'uint32' | 'int64' | 'uint64'>,
  node: JsonNode,
): void {
  const found = integerOf(node, kind) ?? refuse(target, field, node);
  const writer = target.writer.tag(field.number, 0);
  if (kind === 'int64') writer.int64(found);
  else if (kind === 'uint64') writer.uint64(found);
  else if (kind === 'int32') writer.int32(Number(found));
  else writer.uint32(Number(found));
}

function refuse(target: Target, { type, jsonName }: FieldSchema, node: JsonNode): never {
  throw faultAt(target, node, `invalid value for ${type.kind} field ${jsonName}: ${node.raw}`);
}

function unexpectedToken(target: Target, node: JsonNode): JsonFault {
  return new JsonFault(`proto: syntax error ${renderPlace(target.text, node)}: unexpected token ${node.raw}`);
}

function faultAt(target: Target, place: Place, text: string): JsonFault {
  return new JsonFault(`proto: ${renderPlace(target.text, place)}: ${text}`);
}

/** Line and column, both from 1 on, the latter in characters. */
function renderPlace(text: string, { at }: Place): string {
  const before = text.slice(0, at).split('\n');
  return `(line ${before.length}:${[...(before.at(-1) ?? '')].length + 1})`;
}
