// SPDX-License-Identifier: Apache-2.0

/** Tag of a field whose bytes follow their length. */
export function lengthTag(field: number): number {
  return (field << 3) | 2;
}

/** Of a whole number from 0 to 2^53-1. */
export function varintSize(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x20_0000) return 3;
  if (value < 0x1000_0000) return 4;
  return 4 + varintSize(Math.floor(value / 0x1000_0000));
}

/** A field with its tag, of one byte; a zero is left out, as protobuf has it. */
export function numberSize(value: number): number {
  return value === 0 ? 0 : 1 + varintSize(value);
}

/** As `numberSize`, for 64 bits of either sign. */
export function bigSize(value: bigint): number {
  return value === 0n ? 0 : 1 + bigVarintSize(BigInt.asUintN(64, value));
}

/** As `numberSize`, for bytes or a message of so many. */
export function bytesSize(length: number): number {
  return length === 0 ? 0 : messageSize(length);
}

/** A message is there even when it is empty. */
export function messageSize(length: number): number {
  return 1 + varintSize(length) + length;
}

function bigVarintSize(value: bigint): number {
  return value < 0x80n ? 1 : 1 + bigVarintSize(value >> 7n);
}

/**
 * Writes protobuf fields into a buffer whose size was reckoned before. Numbers below 2^53 go without `bigint`, which
 * is most of what the generated encoders cost.
 */
export class ByteWriter {
  readonly bytes: Buffer;
  private at = 0;

  constructor(size: number) {
    this.bytes = Buffer.allocUnsafe(size);
  }

  number(field: number, value: number): void {
    if (value === 0) return;
    this.bytes[this.at++] = field << 3;
    this.varint(value);
  }

  big(field: number, value: bigint): void {
    if (value === 0n) return;
    this.bytes[this.at++] = field << 3;
    let rest = BigInt.asUintN(64, value);
    for (; rest >= 0x80n; rest >>= 7n) this.bytes[this.at++] = Number(rest & 0x7fn) | 0x80;
    this.bytes[this.at++] = Number(rest);
  }

  data(field: number, value: Uint8Array): void {
    if (value.length === 0) return;
    this.message(field, value.length);
    this.raw(value);
  }

  /** The head of a message of so many bytes; its fields are to follow. */
  message(field: number, length: number): void {
    this.bytes[this.at++] = lengthTag(field);
    this.varint(length);
  }

  /** Fields that are bytes already. */
  raw(value: Uint8Array): void {
    this.bytes.set(value, this.at);
    this.at += value.length;
  }

  private varint(value: number): void {
    let rest = value;
    for (; rest >= 0x1000_0000; rest = Math.floor(rest / 0x80)) this.bytes[this.at++] = (rest % 0x80) | 0x80;
    for (; rest >= 0x80; rest >>>= 7) this.bytes[this.at++] = (rest & 0x7f) | 0x80;
    this.bytes[this.at++] = rest;
  }
}
