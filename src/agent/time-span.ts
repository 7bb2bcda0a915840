// SPDX-License-Identifier: Apache-2.0

const millisecondsOf: ReadonlyMap<string, number> = new Map([
  ...named(0.001, ['us', 'usec', 'µs']),
  ...named(1, ['ms', 'msec']),
  ...named(1_000, ['', 's', 'sec', 'second', 'seconds']),
  ...named(60_000, ['m', 'min', 'minute', 'minutes']),
  ...named(3_600_000, ['h', 'hr', 'hour', 'hours']),
  ...named(86_400_000, ['d', 'day', 'days']),
  ...named(7 * 86_400_000, ['w', 'week', 'weeks']),
  ...named(30.44 * 86_400_000, ['M', 'month', 'months']),
  ...named(365.25 * 86_400_000, ['y', 'year', 'years']),
]);

/**
 * Reads a time span as systemd.time(7) has it: `5min 20s`, `1.5h`, a bare number of seconds, `infinity`.
 * In milliseconds; `undefined` when it is none.
 */
export function findTimeSpan(text: string): number | undefined {
  const plain = text.trim();
  if (plain === 'infinity') return Number.POSITIVE_INFINITY;
  if (!/^(\d+(\.\d+)?\s*[a-zA-Zµ]*\s*)+$/.test(plain)) return undefined;
  let total = 0;
  for (const [, amount = '', unit = ''] of plain.matchAll(/(\d+(?:\.\d+)?)\s*([a-zA-Zµ]*)/g)) {
    const scale = millisecondsOf.get(unit);
    if (scale === undefined) return undefined;
    total += Number(amount) * scale;
  }
  return total;
}

function named(scale: number, names: readonly string[]): [string, number][] {
  return names.map((name) => [name, scale]);
}
