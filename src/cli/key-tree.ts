// SPDX-License-Identifier: Apache-2.0

/** One line of a listing. */
export interface KeyNode {
  readonly key: string;
  readonly kind: 'directory' | 'key';
}

/** `/a/b` of `a/b/`, `//a//b`; the root is `/`. */
export function cleanKey(text: string): string {
  return `/${text.split('/').filter(Boolean).join('/')}`;
}

/** What keys of a directory begin with. */
export function directoryPrefix(directory: string): string {
  return directory === '/' ? '/' : `${directory}/`;
}

/**
 * Lists a directory of a flat key space as etcd's v2 API did: a directory is whatever keys lie below; names
 * that begin with `_` are left out unless the directory asked for lies in them. Parents come before what is
 * in them, names in byte order. Source of the rule: etcd-io/etcd 3.4, etcdserver/api/v2store/node.go.
 */
export function listKeys(
  keys: readonly string[],
  directory: string,
  options: { readonly isRecursive: boolean },
): readonly KeyNode[] {
  const prefix = directoryPrefix(directory);
  const found = new Map<string, KeyNode>();
  for (const key of keys) {
    if (!key.startsWith(prefix) || key.length === prefix.length) continue;
    const names = key.slice(prefix.length).split('/').filter(Boolean);
    if (names.some((name) => name.startsWith('_'))) continue;
    names.slice(0, options.isRecursive ? undefined : 1).forEach((_name, index, shown) => {
      const path = prefix + names.slice(0, index + 1).join('/');
      const isKey = index === names.length - 1 && shown.length === names.length;
      if (!found.has(path) || !isKey) found.set(path, { key: path, kind: isKey ? 'key' : 'directory' });
    });
  }
  return [...found.values()].sort((a, b) => compareBySegment(a.key, b.key));
}

function compareBySegment(a: string, b: string): number {
  const left = a.split('/').join('\0');
  const right = b.split('/').join('\0');
  return left < right ? -1 : left > right ? 1 : 0;
}
