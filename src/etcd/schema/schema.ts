// SPDX-License-Identifier: Apache-2.0

import type { DescField, DescFile, DescMessage } from '@bufbuild/protobuf';
import { descriptorSet } from '../gen/descriptor-set.js';

/** One field of a message, as far as its JSON form needs it. */
export interface FieldSchema {
  /** As in the .proto file. */
  readonly name: string;
  readonly jsonName: string;
  readonly number: number;
  readonly isList: boolean;
  /** The full name of the group of which one field at most is set. */
  readonly oneof: string | undefined;
  readonly type: FieldType;
}

export type FieldType =
  | { readonly kind: 'bytes' | 'string' | 'bool' | 'int64' | 'uint64' | 'int32' | 'uint32' }
  | { readonly kind: 'enum'; readonly names: ReadonlyMap<number, string> }
  | { readonly kind: 'message'; readonly message: () => MessageSchema };

export interface MessageSchema {
  readonly name: string;
  /** In the order of the .proto file. */
  readonly fields: readonly FieldSchema[];
}

export interface MethodSchema {
  readonly request: MessageSchema;
  readonly response: MessageSchema;
}

/** One .proto file, as reflection hands it out. */
export interface FileSchema {
  readonly name: string;
  /** A google.protobuf.FileDescriptorProto. */
  readonly bytes: Uint8Array;
  readonly imports: readonly string[];
  /** Full names of services, their methods, messages and enums. */
  readonly symbols: ReadonlySet<string>;
  readonly services: readonly string[];
}

/** Everything in proto/, as a value. */
export interface ProtoSchema {
  readonly files: readonly FileSchema[];
  /** By path: `/package.Service/Method`. */
  readonly methods: ReadonlyMap<string, MethodSchema>;
}

/** Reads the descriptors. What it is made with is loaded here and not before: few servers are ever asked. */
export async function loadSchema(): Promise<ProtoSchema> {
  const [
    { createFileRegistry, fromBinary, toBinary },
    { FileDescriptorProtoSchema, FileDescriptorSetSchema },
  ] = await Promise.all([import('@bufbuild/protobuf'), import('@bufbuild/protobuf/wkt')]);
  const set = fromBinary(FileDescriptorSetSchema, Buffer.from(descriptorSet.join(''), 'base64'));
  const registry = createFileRegistry(set);
  const messages = new Map<string, MessageSchema>();
  const messageOf = (desc: DescMessage): MessageSchema => {
    const known = messages.get(desc.typeName);
    if (known !== undefined) return known;
    const made = {
      name: desc.typeName,
      fields: desc.fields.map((field) => fieldOf(field, messageOf)),
    };
    messages.set(desc.typeName, made);
    return made;
  };
  const files = [...registry.files];
  const methods = files.flatMap((file) =>
    file.services.flatMap((service) =>
      service.methods.map((method): [string, MethodSchema] => [
        `/${service.typeName}/${method.name}`,
        { request: messageOf(method.input), response: messageOf(method.output) },
      ]),
    ),
  );
  const bytesOf = (file: DescFile) => toBinary(FileDescriptorProtoSchema, file.proto);
  return { files: files.map((file) => fileOf(file, bytesOf(file))), methods: new Map(methods) };
}

function fileOf(file: DescFile, bytes: Uint8Array): FileSchema {
  const services = file.services.map(({ typeName }) => typeName);
  const methods = file.services.flatMap((service) =>
    service.methods.map(({ name }) => `${service.typeName}.${name}`),
  );
  const symbols = new Set([
    ...services,
    ...methods,
    ...file.messages.flatMap(namesIn),
    ...file.enums.map(({ typeName }) => typeName),
  ]);
  return { name: `${file.name}.proto`, bytes, imports: file.proto.dependency, symbols, services };
}

function namesIn(message: DescMessage): readonly string[] {
  const inner = message.nestedMessages.flatMap(namesIn);
  return [message.typeName, ...inner, ...message.nestedEnums.map(({ typeName }) => typeName)];
}

function fieldOf(field: DescField, messageOf: (desc: DescMessage) => MessageSchema): FieldSchema {
  const { name, jsonName, number } = field;
  const oneof = field.oneof === undefined ? undefined : `${field.parent.typeName}.${field.oneof.name}`;
  return {
    name,
    jsonName,
    number,
    oneof,
    isList: field.fieldKind === 'list',
    type: typeOf(field, messageOf),
  };
}

/** By the numbers of google.protobuf.FieldDescriptorProto.Type. */
const scalarKinds = new Map([
  [3, 'int64'],
  [4, 'uint64'],
  [5, 'int32'],
  [8, 'bool'],
  [9, 'string'],
  [12, 'bytes'],
  [13, 'uint32'],
] as const);

function typeOf(field: DescField, messageOf: (desc: DescMessage) => MessageSchema): FieldType {
  const { message, enum: enumeration } = field;
  if (message !== undefined) return { kind: 'message', message: () => messageOf(message) };
  if (enumeration !== undefined) {
    const names = new Map(enumeration.values.map((value) => [value.number, value.name]));
    return { kind: 'enum', names };
  }
  const kind = [...scalarKinds].find(([type]) => type === Number(field.scalar))?.[1];
  if (kind === undefined) throw new Error(`field type ${field.scalar} is not spoken in JSON: ${field.name}`);
  return { kind };
}
