// SPDX-License-Identifier: Apache-2.0

const binary: Readonly<Record<string, number>> = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };

/** `512M`, `1.5G`, as systemd has sizes: powers of 1024. */
export function findByteSize(text: string): number | undefined {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?$/.exec(text) ?? [];
  const factor = binary[unit];
  return number === undefined || factor === undefined ? undefined : Math.round(Number(number) * factor);
}

/** `0.5` or `50%` of one CPU. */
export function findCpus(text: string): number | undefined {
  const [, number, percent] = /^(\d+(?:\.\d+)?)(%?)$/.exec(text) ?? [];
  if (number === undefined) return undefined;
  return percent === '%' ? Number(number) / 100 : Number(number);
}

/** `10`, `10s`, `2min`, `500ms`; in milliseconds. */
export function findSeconds(text: string): number | undefined {
  const [, number, unit = 's'] = /^(\d+(?:\.\d+)?)\s*(ms|s|min|h)?$/.exec(text) ?? [];
  const factor = { ms: 1, s: 1_000, min: 60_000, h: 3_600_000 }[unit];
  return number === undefined || factor === undefined ? undefined : Number(number) * factor;
}
