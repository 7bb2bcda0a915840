// SPDX-License-Identifier: Apache-2.0

import type { MachineMarks } from '../model/index.js';

const uuidPattern = /^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$/;

/** A MAC in any notation (`52-54-00-AA-00-01`, `5254.00aa.0001`) as lower case with colons; `undefined` when it is none. */
export function findMac(text: string): string | undefined {
  const digits = text.trim().toLowerCase().replaceAll(/[:.-]/g, '');
  return /^[0-9a-f]{12}$/.test(digits) ? digits.match(/../g)?.join(':') : undefined;
}

/**
 * A UUID as lower case with dashes. `undefined` for one of all zeros or all ones as well: by SMBIOS these
 * mean "not set", so that many machines share them.
 */
export function findUuid(text: string): string | undefined {
  const plain = text.trim().toLowerCase();
  if (!uuidPattern.test(plain)) return undefined;
  const digits = plain.replaceAll('-', '');
  if (/^(0+|f+)$/.test(digits)) return undefined;
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** A serial number without the blanks around it; `undefined` when nothing printable is left. */
export function findSerial(text: string): string | undefined {
  const serial = text.trim();
  return /^[\x20-\x7e]+$/.test(serial) ? serial : undefined;
}

/** The marks in one notation. What is no mark is left out: a machine with an odd one may still be known by another. */
export function normaliseMarks(raw: MachineMarks): MachineMarks {
  const mac = findMac(raw.mac ?? '');
  const uuid = findUuid(raw.uuid ?? '');
  const serial = findSerial(raw.serial ?? '');
  return {
    ...(mac === undefined ? {} : { mac }),
    ...(uuid === undefined ? {} : { uuid }),
    ...(serial === undefined ? {} : { serial }),
  };
}

/** For messages: `mac 52:54:00:aa:00:01, serial X7`. */
export function describeMarks(marks: MachineMarks): string {
  const known = [
    marks.mac === undefined ? [] : [`mac ${marks.mac}`],
    marks.uuid === undefined ? [] : [`uuid ${marks.uuid}`],
    marks.serial === undefined ? [] : [`serial ${marks.serial}`],
  ].flat();
  return known.length === 0 ? 'no mark at all (no valid mac, uuid or serial was sent)' : known.join(', ');
}
