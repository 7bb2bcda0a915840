// SPDX-License-Identifier: Apache-2.0

const namePattern =
  /^[0-9A-Za-z:_.\\@-]+\.(service|socket|target|timer|path|mount|automount|swap|slice|scope|device|snapshot|busname)$/;

/** The parts of a unit's name: `getty@tty1.service` is prefix `getty`, instance `tty1`, type `service`. */
export interface UnitName {
  readonly full: string;
  readonly prefix: string;
  /** `undefined`: no template; empty: the template itself, which cannot be started. */
  readonly instance: string | undefined;
  readonly type: string;
}

/** Reads a unit name; one without a type is a service. `undefined` when it is none. */
export function findUnitName(text: string): UnitName | undefined {
  const full = /\.[a-z]+$/.test(text) && namePattern.test(text) ? text : `${text}.service`;
  if (full.length > 255 || full.startsWith('.') || !namePattern.test(full)) return undefined;
  const dot = full.lastIndexOf('.');
  const stem = full.slice(0, dot);
  const at = stem.indexOf('@');
  if (stem === '' || at === 0) return undefined;
  return {
    full,
    prefix: at < 0 ? stem : stem.slice(0, at),
    instance: at < 0 ? undefined : stem.slice(at + 1),
    type: full.slice(dot + 1),
  };
}

/** The name under which the unit's file is kept: its own, or for an instance that of its template too. */
export function fileNamesOf(name: UnitName): readonly string[] {
  if (name.instance === undefined || name.instance === '') return [name.full];
  return [name.full, `${name.prefix}@.${name.type}`];
}

/** Undoes systemd's escaping of unit names: `\x2d` is a dash, a plain dash is a slash. */
export function unescapeUnitName(text: string): string {
  const bytes: number[] = [];
  for (let index = 0; index < text.length; ) {
    const escaped = /^\\x([0-9a-fA-F]{2})/.exec(text.slice(index, index + 4));
    if (escaped !== null) {
      bytes.push(Number.parseInt(escaped[1] ?? '', 16));
      index += 4;
      continue;
    }
    const character = text.charAt(index) === '-' ? '/' : text.charAt(index);
    bytes.push(...Buffer.from(character));
    index += 1;
  }
  return Buffer.from(bytes).toString('utf8');
}
