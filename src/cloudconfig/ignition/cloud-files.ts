// SPDX-License-Identifier: Apache-2.0

import { type DataPath, type DataProblem, quoteValue } from '../../spec/index.js';
import { findVariables } from '../substitute.js';
import { otherwise, withoutEqual } from './cloud-part.js';
import { decodeDataUrl, textOfBytes } from './data-url.js';
import { bytesOfFile } from './decode-file.js';
import type { IgnitionFile } from './schema.js';

export interface CloudFiles {
  readonly data: Readonly<Record<string, unknown>>;
  /** What goes below `coreos`. */
  readonly coreos: Readonly<Record<string, unknown>>;
  readonly problems: readonly DataProblem[];
}

export interface FileContext {
  /** All files of the config, those left out by the caller too: paths of problems count from there. */
  readonly all: readonly IgnitionFile[];
  /** Whether variables in files are filled in on the machine; otherwise they are text. */
  readonly hasVariables: boolean;
}

type Read =
  | { readonly kind: 'hostname'; readonly hostname: string }
  | { readonly kind: 'hosts' }
  | { readonly kind: 'update'; readonly options: Readonly<Record<string, string>> }
  | { readonly kind: 'file'; readonly file: Readonly<Record<string, unknown>> }
  /** It is there without being written. */
  | { readonly kind: 'none' }
  | { readonly kind: 'lost'; readonly problem: DataProblem };

/** `write_files`, and the keys that stand for a file of their own. */
export function cloudFiles(files: readonly IgnitionFile[], context: FileContext): CloudFiles {
  const read = files.map((file) => {
    const path: DataPath = ['storage', 'files', context.all.indexOf(file)];
    return readFile(file, path, context.hasVariables);
  });
  const written = read.flatMap((one) => (one.kind === 'file' ? [one.file] : []));
  const hostname = read.find((one) => one.kind === 'hostname')?.hostname;
  const update = read.find((one) => one.kind === 'update')?.options;
  return {
    data: {
      ...(hostname !== undefined && { hostname }),
      ...(read.some(({ kind }) => kind === 'hosts') && { manage_etc_hosts: 'localhost' }),
      ...(written.length > 0 && { write_files: written }),
    },
    coreos: update === undefined ? {} : { update },
    problems: [
      ...read.flatMap((one) => (one.kind === 'lost' ? [one.problem] : [])),
      ...files.flatMap((file) => findHash(file, ['storage', 'files', context.all.indexOf(file)])),
    ],
  };
}

function readFile(file: IgnitionFile, path: DataPath, hasVariables: boolean): Read {
  if ((file.append ?? []).length > 0) return readAppended(file, path);
  const bytes = bytesOfFile(file);
  if (bytes === undefined) {
    const message = `${quoteValue(file.path)} is fetched from elsewhere, or does not unpack`;
    return {
      kind: 'lost',
      problem: withoutEqual(
        [...path, 'contents'],
        message,
        'write its content as a data: URL, or fetch it with a unit',
      ),
    };
  }
  const text = textOfBytes(bytes);
  return findOwnKey(file, text) ?? { kind: 'file', file: fileData(file, bytes, text, hasVariables) };
}

/** Keys of cloud-config that write this very file. */
function findOwnKey(file: IgnitionFile, text: string | undefined): Read | undefined {
  if (text === undefined || !isPlain(file)) return undefined;
  const [, hostname] = /^([a-z0-9][a-z0-9.-]{0,63})\n?$/i.exec(text) ?? [];
  if (file.path === '/etc/hostname' && hostname !== undefined) return { kind: 'hostname', hostname };
  if (file.path === '/etc/hosts' && /^127\.0\.0\.1 \S+\n$/.test(text)) return { kind: 'hosts' };
  return undefined;
}

function isPlain({ mode = 0o644, user, group }: IgnitionFile): boolean {
  return mode === 0o644 && user === undefined && group === undefined;
}

/** Lines that are added: those of the addresses, which cloud-config adds by itself, and those of updates. */
function readAppended(file: IgnitionFile, path: DataPath): Read {
  const text = (file.append ?? []).map(({ source = '' }) =>
    textOfBytes(decodeDataUrl(source) ?? new Uint8Array([0xff])),
  );
  const lines = text
    .join('')
    .split('\n')
    .filter((line) => line !== '');
  const isOnlyAdded = file.contents?.source === undefined && text.every((one) => one !== undefined);
  if (
    isOnlyAdded &&
    file.path === '/etc/environment' &&
    lines.every((line) => /^COREOS_(PRIVATE|PUBLIC)_IPV[46]=/.test(line))
  )
    return { kind: 'none' };
  const pairs = lines.map((line) => /^(GROUP|SERVER|REBOOT_STRATEGY)=(.*)$/.exec(line));
  if (
    isOnlyAdded &&
    /^\/etc\/(flatcar|coreos)\/update\.conf$/.test(file.path) &&
    pairs.every((pair) => pair !== null)
  )
    return {
      kind: 'update',
      options: Object.fromEntries(pairs.map((pair) => [pair[1]?.toLowerCase(), pair[2]])),
    };
  const hint = 'write the whole file, or a unit that adds the lines';
  return {
    kind: 'lost',
    problem: withoutEqual([...path, 'append'], 'cloud-config adds nothing to a file', hint),
  };
}

function fileData(
  file: IgnitionFile,
  bytes: Uint8Array,
  text: string | undefined,
  hasVariables: boolean,
): Readonly<Record<string, unknown>> {
  const { mode = 0o644, user, group } = file;
  const owner = [user, group].map((one) => (one?.id === undefined ? one?.name : String(one.id)));
  const isPacked = file.contents?.compression === 'gzip';
  const content = text === undefined || isPacked ? Buffer.from(bytes).toString('base64') : text;
  return {
    path: file.path,
    permissions: `0${mode.toString(8).padStart(3, '0')}`,
    ...(owner.some((name) => name !== undefined) && { owner: ownerText(owner[0], owner[1]) }),
    ...((text === undefined || isPacked) && { encoding: 'base64' }),
    content: text !== undefined && !isPacked && !hasVariables ? keepVariables(content) : content,
  };
}

function ownerText(user = 'root', group: string | undefined): string {
  return group === undefined ? user : `${user}:${group}`;
}

/** What looks like a variable and is text: a backslash keeps it. */
function keepVariables(text: string): string {
  return findVariables(text).reduceRight(
    (kept, { offset }) => `${kept.slice(0, offset)}\\${kept.slice(offset)}`,
    text,
  );
}

function findHash(file: IgnitionFile, path: DataPath): readonly DataProblem[] {
  if (file.contents?.verification?.hash === undefined) return [];
  const message = 'cloud-config checks no hash';
  return [otherwise([...path, 'contents', 'verification'], message, 'the content is in the text itself')];
}
