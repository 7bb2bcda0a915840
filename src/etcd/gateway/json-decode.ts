// SPDX-License-Identifier: Apache-2.0

import { BinaryWriter } from '@bufbuild/protobuf/wire';
import type { FieldSchema, FieldType, MessageSchema } from '../schema/schema.js';
import { JsonFault } from './json-values.js';

/**
 * A message from proto3 JSON the way etcd's gateway reads it: names of either form, those not known passed over;
 * `null` stands for nothing; 64 bits as string or number.
 *
 * @throws `JsonFault`
 */
export function messageOfJson(schema: MessageSchema, json: unknown): Uint8Array {
  return writeMessage(schema, json, new BinaryWriter()).finish();
}

function writeMessage(schema: MessageSchema, json: unknown, writer: BinaryWriter): BinaryWriter {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw mismatch(json, 'map[string]json.RawMessage');
  }
  const given = new Map(Object.entries(json));
  for (const field of schema.fields) {
    const value = given.get(field.name) ?? given.get(field.jsonName);
    if (value === undefined || value === null) continue;
    if (field.isList && !Array.isArray(value)) throw mismatch(value, '[]json.RawMessage');
    for (const one of field.isList && Array.isArray(value) ? value : [value]) {
      writeValue(field, one, writer);
    }
  }
  return writer;
}

function writeValue({ number, type }: FieldSchema, value: unknown, writer: BinaryWriter): void {
  switch (type.kind) {
    case 'bytes':
      writer.tag(number, 2).bytes(bytesOf(value));
      break;
    case 'string':
      if (typeof value !== 'string') throw mismatch(value, 'string');
      writer.tag(number, 2).string(value);
      break;
    case 'bool':
      if (typeof value !== 'boolean') throw mismatch(value, 'bool');
      writer.tag(number, 0).bool(value);
      break;
    case 'enum':
      writer.tag(number, 0).int32(enumOf(type, value));
      break;
    case 'message':
      writeMessage(type.message(), value, writer.tag(number, 2).fork()).join();
      break;
    case 'int64':
      writer.tag(number, 0).int64(integerOf(value, type.kind, -(2n ** 63n), 2n ** 63n - 1n));
      break;
    case 'uint64':
      writer.tag(number, 0).uint64(integerOf(value, type.kind, 0n, 2n ** 64n - 1n));
      break;
    case 'int32':
      writer.tag(number, 0).int32(Number(integerOf(value, type.kind, -(2n ** 31n), 2n ** 31n - 1n)));
      break;
    case 'uint32':
      writer.tag(number, 0).uint32(Number(integerOf(value, type.kind, 0n, 2n ** 32n - 1n)));
      break;
  }
}

function bytesOf(value: unknown): Uint8Array {
  if (typeof value !== 'string') throw mismatch(value, '[]uint8');
  const text = value.replace(/[\r\n]/g, '');
  const good = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?/.exec(text)?.[0].length ?? 0;
  if (good === text.length) return Buffer.from(text, 'base64');
  const bad = text.slice(good).search(/[^A-Za-z0-9+/]/);
  throw new JsonFault(`illegal base64 data at input byte ${bad < 0 ? text.length : good + bad}`);
}

function enumOf(type: Extract<FieldType, { kind: 'enum' }>, value: unknown): number {
  if (typeof value === 'number' && Number.isInteger(value)) return value;
  const found = [...type.names].find(([, name]) => name === value);
  if (found === undefined) {
    throw new JsonFault(`unknown value ${JSON.stringify(value)} for enum ${type.goName}`);
  }
  return found[0];
}

function integerOf(value: unknown, goType: string, least: bigint, most: bigint): bigint {
  const text = typeof value === 'number' || typeof value === 'string' ? String(value) : '';
  if (!/^-?\d+$/.test(text)) {
    if (typeof value !== 'number' && typeof value !== 'string') throw mismatch(value, goType);
    // Go takes the quotes off and reads the rest as JSON.
    if (!/^[-\d]/.test(text)) {
      throw new JsonFault(
        text === ''
          ? 'unexpected end of JSON input'
          : `invalid character '${text[0]}' looking for beginning of value`,
      );
    }
    throw new JsonFault(`json: cannot unmarshal number ${text} into Go value of type ${goType}`);
  }
  const number = BigInt(text);
  if (number >= least && number <= most) return number;
  throw new JsonFault(`json: cannot unmarshal number ${text} into Go value of type ${goType}`);
}

function mismatch(value: unknown, goType: string): JsonFault {
  const kind = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;
  return new JsonFault(`json: cannot unmarshal ${kind} into Go value of type ${goType}`);
}
