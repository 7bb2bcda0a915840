// SPDX-License-Identifier: Apache-2.0

/** A range of IPv4 addresses: `127.77.4.0/22`. */
export interface Ipv4Block {
  /** The first address as an unsigned number of 32 bits; its bits past `prefix` are zero. */
  readonly base: number;
  readonly prefix: number;
}

const pattern = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/;

/** Reads `a.b.c.d/prefix`; bits past the prefix are cleared. `undefined` when the text is no block. */
export function findBlock(text: string): Ipv4Block | undefined {
  const numbers = pattern.exec(text)?.slice(1).map(Number);
  if (numbers === undefined) return undefined;
  const prefix = numbers.pop() ?? 0;
  if (prefix > 32 || numbers.some((number) => number > 255)) return undefined;
  const address = numbers.reduce((sum, number) => sum * 256 + number, 0);
  return { base: address - (address % sizeOf({ prefix })), prefix };
}

export function renderBlock(block: Ipv4Block): string {
  return `${renderAddress(block.base)}/${block.prefix}`;
}

/** Addresses in the block, first and last included. */
export function sizeOf(block: Pick<Ipv4Block, 'prefix'>): number {
  return 2 ** (32 - block.prefix);
}

export function overlaps(one: Ipv4Block, other: Ipv4Block): boolean {
  return one.base < other.base + sizeOf(other) && other.base < one.base + sizeOf(one);
}

/** The address at `offset` from the first; `undefined` for the last one, the broadcast address, and beyond. */
export function findAddress(block: Ipv4Block, offset: number): string | undefined {
  return offset < sizeOf(block) - 1 ? renderAddress(block.base + offset) : undefined;
}

export function contains(block: Ipv4Block, address: string): boolean {
  const one = findBlock(`${address}/32`);
  return one !== undefined && overlaps(block, one);
}

function renderAddress(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.');
}
