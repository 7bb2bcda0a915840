// SPDX-License-Identifier: Apache-2.0

/**
 * Sets lines `NAME=value` in a text: the first that assigns a name is replaced in its place, names that no line
 * assigns come at the end in the order given, every other line stays. Setting the same again changes nothing.
 *
 * Source of the form: coreos-cloudinit f1f0405, system/update.go and env_file.go. Unlike there, `GROUPS=` is not
 * taken for `GROUP=`, and of several assignments, where the last one counts, none is left to undo this one.
 */
export function setVariables(text: string, variables: Readonly<Record<string, string>>): string {
  const open = new Map(Object.entries(variables));
  const lines = text === '' ? [] : text.replace(/\n$/, '').split('\n');
  const kept = lines.flatMap((line) => {
    const name = /^\s*(?:export\s+)?([A-Za-z_]\w*)=/.exec(line)?.[1] ?? '';
    if (!Object.hasOwn(variables, name)) return [line];
    const value = open.get(name);
    open.delete(name);
    return value === undefined ? [] : [`${name}=${value}`];
  });
  const added = [...open].map(([name, value]) => `${name}=${value}`);
  return [...kept, ...added].map((line) => `${line}\n`).join('');
}
