// SPDX-License-Identifier: Apache-2.0

import { crc32 } from 'node:zlib';

/** What a record ends with: CRC-32 of all that is before it. */
export const checksumBytes = 4;

/** Fills the last bytes of a record that is complete but for them. Costs about a microsecond. */
export function sealRecord(record: Buffer): void {
  const end = record.length - checksumBytes;
  record.writeUInt32BE(crc32(record.subarray(0, end)), end);
}

/** A small entry, of a lease or of what the store knows of itself: its content with a checksum behind it. */
export function sealed(content: Uint8Array): Uint8Array {
  const bytes = Buffer.concat([content, Buffer.alloc(checksumBytes)]);
  sealRecord(bytes);
  return bytes;
}

/** What `sealed` was given. Throws a plain `Error` when one bit of it is another. */
export function unsealed(entry: Uint8Array): Uint8Array {
  const bytes = Buffer.from(entry.buffer, entry.byteOffset, entry.byteLength);
  if (!isSealed(bytes)) throw new Error('an entry is not as it was written: its checksum is another');
  return bytes.subarray(0, bytes.length - checksumBytes);
}

/** Whether a record is as it was sealed. */
export function isSealed(record: Buffer): boolean {
  const end = record.length - checksumBytes;
  return end >= 0 && crc32(record.subarray(0, end)) === record.readUInt32BE(end);
}
