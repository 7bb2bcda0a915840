// SPDX-License-Identifier: Apache-2.0

const unitMs: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1_000,
  m: 1,
  u: 1e-3,
  n: 1e-6,
};

/** Any text as the value of `grpc-message`: UTF-8, with `%XX` for all but printable ASCII. */
export function encodeStatusText(text: string): string {
  return Array.from(new TextEncoder().encode(text), (byte) =>
    byte >= 0x20 && byte <= 0x7e && byte !== 0x25
      ? String.fromCharCode(byte)
      : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`,
  ).join('');
}

/** The text in `grpc-message`. As the protocol asks, what is wrongly encoded is kept instead of refused. */
export function decodeStatusText(value: string): string {
  if (!value.includes('%')) return value;
  const bytes: number[] = [];
  for (let at = 0; at < value.length; at += 1) {
    const hex = value[at] === '%' ? /^[0-9a-fA-F]{2}/.exec(value.slice(at + 1, at + 3)) : null;
    bytes.push(...(hex === null ? new TextEncoder().encode(value[at]) : [Number.parseInt(hex[0], 16)]));
    if (hex !== null) at += 2;
  }
  return new TextDecoder().decode(Uint8Array.from(bytes));
}

/** `grpc-timeout` in milliseconds, rounded up; `undefined` when it is none. */
export function parseTimeout(value: string): number | undefined {
  const [, amount, unit] = /^(\d{1,8})([HMSmun])$/.exec(value) ?? [];
  const factor = unit === undefined ? undefined : unitMs[unit];
  return factor === undefined ? undefined : Math.ceil(Number(amount) * factor);
}

/** `ms` as the value of `grpc-timeout`. */
export function renderTimeout(ms: number): string {
  const whole = Math.max(1, Math.ceil(ms));
  return whole < 1e8 ? `${whole}m` : `${Math.min(99_999_999, Math.ceil(whole / 1_000))}S`;
}
