// SPDX-License-Identifier: Apache-2.0

declare const brand: unique symbol;
type Branded<T, Name extends string> = T & { readonly [brand]: Name };

/** 32 lower-case hex digits; the content of `/etc/machine-id`. */
export type MachineId = Branded<string, 'MachineId'>;
/** 64 bits, unsigned; printed as hex without leading zeros. */
export type MemberId = Branded<bigint, 'MemberId'>;
/** 64 bits, signed on the wire; 0n means "no lease". */
export type LeaseId = Branded<bigint, 'LeaseId'>;
/** Store-wide write counter, 0 up to 2^53-1; checked where bytes are decoded. */
export type Revision = Branded<number, 'Revision'>;

const machineIdPattern = /^[0-9a-f]{32}$/;

/** Reads a machine ID; dashes of a UUID and upper case are taken as well. `undefined` when it is none. */
export function findMachineId(text: string): MachineId | undefined {
  const plain = text.trim().toLowerCase().replaceAll('-', '');
  return machineIdPattern.test(plain) ? (plain as MachineId) : undefined;
}

/** As `findMachineId`, for text that muster itself wrote. Throws a plain `Error` on anything else. */
export function machineId(text: string): MachineId {
  const id = findMachineId(text);
  if (id === undefined) throw new Error(`not a machine ID: "${text}"`);
  return id;
}

export function memberId(value: bigint): MemberId {
  return BigInt.asUintN(64, value) as MemberId;
}

export function leaseId(value: bigint): LeaseId {
  return BigInt.asIntN(64, value) as LeaseId;
}

/** Throws a plain `Error` unless `value` is a safe integer of at least 0. */
export function revision(value: number): Revision {
  if (!Number.isSafeInteger(value) || value < 0) throw new Error(`not a revision: ${value}`);
  return value as Revision;
}
