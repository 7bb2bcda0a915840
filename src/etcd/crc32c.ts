// SPDX-License-Identifier: Apache-2.0

/** Eight tables of 256: entry b of table n is what byte b does to the sum n bytes further on. */
const tables = Int32Array.from({ length: 8 * 256 }, (_, index) => {
  let crc = index & 0xff;
  for (let bit = 0; bit < 8 * (1 + (index >> 8)); bit += 1) {
    crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return crc;
});

/**
 * CRC-32 with Castagnoli's polynomial, going on from `seed`, the sum of what came before: the checksum of etcd's log
 * and the hash of its database. Costs about 1 ns a byte.
 */
export function crc32c(bytes: Uint8Array, seed = 0): number {
  const at = (table: number, byte: number) => tables[(table << 8) | (byte & 0xff)] ?? 0;
  const byteAt = (index: number) => bytes[index] ?? 0;
  const whole = bytes.length - (bytes.length % 8);
  let crc = ~seed;
  for (let n = 0; n < whole; n += 8) {
    const first = crc ^ (byteAt(n) | (byteAt(n + 1) << 8) | (byteAt(n + 2) << 16) | (byteAt(n + 3) << 24));
    crc =
      at(7, first) ^
      at(6, first >>> 8) ^
      at(5, first >>> 16) ^
      at(4, first >>> 24) ^
      at(3, byteAt(n + 4)) ^
      at(2, byteAt(n + 5)) ^
      at(1, byteAt(n + 6)) ^
      at(0, byteAt(n + 7));
  }
  for (let n = whole; n < bytes.length; n += 1) crc = at(0, crc ^ byteAt(n)) ^ (crc >>> 8);
  return ~crc >>> 0;
}
