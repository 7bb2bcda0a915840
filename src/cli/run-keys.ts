// SPDX-License-Identifier: Apache-2.0

import { type EtcdClient, keyOf, prefixRange, textOf, type WatchEvent } from '../etcd/index.js';
import { type CommandInput, type ExitCode, type FlagValues, isSet, textFlag } from './command.js';
import { fail } from './errors.js';
import { cleanKey, directoryPrefix, listKeys } from './key-tree.js';
import { printJson } from './print.js';
import { withStore } from './with-store.js';

export async function runLs({ args, flags }: CommandInput): Promise<ExitCode> {
  const directory = cleanKey(args[0] ?? '/');
  return withStore(flags, async (store) => {
    const keys = await listBelow(store, directory);
    if (keys.length === 0 && directory !== '/') return listOne(store, directory, flags);
    const nodes = listKeys(keys, directory, { isRecursive: isSet(flags, 'recursive') });
    if (textFlag(flags, 'output') === 'json') printJson(nodes);
    else process.stdout.write(nodes.map(({ key }) => `${key}\n`).join(''));
    return 0;
  });
}

async function listBelow(store: EtcdClient, directory: string): Promise<readonly string[]> {
  const { kvs } = await store.range({ ...prefixRange(directoryPrefix(directory)), keysOnly: true });
  return kvs.map(({ key }) => textOf(key));
}

/** A key is listed as itself, as etcdctl does. */
async function listOne(store: EtcdClient, key: string, flags: FlagValues): Promise<ExitCode> {
  const { count } = await store.range({ key: keyOf(key), countOnly: true });
  if (count === 0) throw notFound(key);
  if (textFlag(flags, 'output') === 'json') printJson([{ key, kind: 'key' }]);
  else process.stdout.write(`${key}\n`);
  return 0;
}

export async function runGet({ args, flags }: CommandInput): Promise<ExitCode> {
  const key = cleanKey(args[0] ?? '/');
  return withStore(flags, async (store) => {
    const [found] = (await store.range({ key: keyOf(key) })).kvs;
    if (found === undefined) throw await notAKey(store, key);
    if (isSet(flags, 'raw')) process.stdout.write(found.value);
    else process.stdout.write(`${layOut(textOf(found.value))}\n`);
    return 0;
  });
}

export async function runSet({ args, flags }: CommandInput): Promise<ExitCode> {
  const key = cleanKey(args[0] ?? '/');
  if (key === '/') throw fail('cli/is-a-directory', { key });
  const value = args[1] === undefined ? await readInput() : keyOf(args[1]);
  return withStore(flags, async (store) => {
    await store.put({ key: keyOf(key), value });
    process.stdout.write(`${textOf(value).replace(/\n$/, '')}\n`);
    return 0;
  });
}

export async function runRm({ args, flags }: CommandInput): Promise<ExitCode> {
  const key = cleanKey(args[0] ?? '/');
  const isRecursive = isSet(flags, 'recursive');
  return withStore(flags, async (store) => {
    const below = isRecursive ? await listBelow(store, key) : [];
    // What a listing hides is not removed with it: it has to be named.
    const shown = listKeys(below, key, { isRecursive: true }).filter(({ kind }) => kind === 'key');
    const doomed = [key, ...shown.map((node) => node.key)];
    let deleted = 0;
    for (const one of doomed) deleted += (await store.deleteRange({ key: keyOf(one) })).deleted;
    if (deleted === 0) throw await notAKey(store, key);
    return 0;
  });
}

export async function runWatch({ args, flags, signal }: CommandInput): Promise<ExitCode> {
  const key = cleanKey(args[0] ?? '/');
  const isForever = isSet(flags, 'forever');
  const isRecursive = isSet(flags, 'recursive');
  return withStore(flags, async (store) => {
    const range = isRecursive ? prefixRange(key === '/' ? '/' : key) : { key: keyOf(key) };
    for await (const message of store.watch({ ...range, prevKv: true }, signal)) {
      if (message.kind !== 'events') continue;
      const wanted = message.events.filter((event) => isBelow(textOf(event.kv.key), key));
      for (const event of wanted) process.stdout.write(renderEvent(event, isRecursive));
      if (wanted.length > 0 && !isForever) return 0;
    }
    return signal.aborted && !isForever ? 130 : 0;
  });
}

/** A prefix of bytes holds `/ab` as well as `/a/b`. */
function isBelow(key: string, directory: string): boolean {
  return key === directory || key.startsWith(directoryPrefix(directory));
}

/** Source of the form: etcdctl 3.4 with ETCDCTL_API=2. */
function renderEvent(event: WatchEvent, withKey: boolean): string {
  const value = event.kind === 'put' ? textOf(event.kv.value) : '';
  const before = event.prevKv === undefined ? '' : textOf(event.prevKv.value);
  const head = withKey ? `[${event.kind === 'put' ? 'set' : 'delete'}] ${textOf(event.kv.key)}\n` : '';
  return event.kind === 'put' ? `${head}${value}\n` : `${head}PrevNode.Value: ${before}\n`;
}

/** JSON objects and lists over several lines, as the article shows them; anything else as it is. */
function layOut(text: string): string {
  if (!/^\s*[[{]/.test(text)) return text;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

async function notAKey(store: EtcdClient, key: string): Promise<Error> {
  const { count } = await store.range({ ...prefixRange(directoryPrefix(key)), countOnly: true });
  return count > 0 ? fail('cli/is-a-directory', { key }) : notFound(key);
}

function notFound(key: string): Error {
  return fail('cli/key-not-found', { key, parent: key.slice(0, key.lastIndexOf('/')) || '/' });
}

async function readInput(): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}
