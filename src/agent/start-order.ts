// SPDX-License-Identifier: Apache-2.0

/** A unit to start, and the units it is ordered against. */
export interface OrderedUnit {
  readonly name: string;
  readonly after: readonly string[];
  readonly before: readonly string[];
}

/**
 * Which of the units each one waits for. Only order counts here: what is required but not ordered starts side by
 * side. An ordering cycle is cut where it closes, in the order the units came in.
 */
export function planStarts(units: readonly OrderedUnit[]): ReadonlyMap<string, readonly string[]> {
  const names = new Set(units.map(({ name }) => name));
  const wanted = new Map(
    units.map((unit) => [
      unit.name,
      [
        ...unit.after.filter((name) => names.has(name) && name !== unit.name),
        ...units
          .filter((other) => other.name !== unit.name && other.before.includes(unit.name))
          .map(({ name }) => name),
      ],
    ]),
  );
  const planned = new Map<string, readonly string[]>();
  for (const { name } of units) {
    const waits = [...new Set(wanted.get(name) ?? [])].filter((other) => !reaches(planned, other, name));
    planned.set(name, waits);
  }
  return planned;
}

/** Whether `from` waits for `to`, directly or by others. */
function reaches(planned: ReadonlyMap<string, readonly string[]>, from: string, to: string): boolean {
  const seen = new Set([from]);
  for (const name of seen) for (const next of planned.get(name) ?? []) seen.add(next);
  return seen.has(to);
}
