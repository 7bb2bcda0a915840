// SPDX-License-Identifier: Apache-2.0

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { parseSync } from 'oxc-parser';
import { expect, test } from 'vitest';

/** Section 2 of docs/architecture.md: who may import whom. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  model: [],
  effects: ['model'],
  spec: ['model'],
  units: ['model'],
  etcd: ['model', 'effects'],
  identity: ['model', 'effects'],
  cloudconfig: ['model', 'spec', 'units'],
  store: ['model', 'effects', 'etcd'],
  registry: ['model', 'effects', 'etcd'],
  bootstrap: ['model', 'effects', 'identity', 'etcd'],
  lock: ['model', 'effects', 'etcd'],
  boot: ['model', 'effects', 'identity', 'spec', 'cloudconfig'],
  agent: ['model', 'effects', 'units', 'identity', 'cloudconfig', 'etcd', 'registry', 'lock'],
  providers: ['model', 'effects', 'spec'],
  image: ['model', 'effects'],
  engine: [
    'model',
    'effects',
    'units',
    'identity',
    'spec',
    'cloudconfig',
    'etcd',
    'registry',
    'lock',
    'bootstrap',
    'providers',
  ],
  fleet: ['model', 'effects', 'units', 'registry'],
  status: ['model', 'effects', 'etcd', 'registry', 'lock'],
  cli: [
    'model',
    'effects',
    'spec',
    'etcd',
    'identity',
    'cloudconfig',
    'store',
    'registry',
    'bootstrap',
    'lock',
    'boot',
    'agent',
    'providers',
    'image',
    'engine',
    'fleet',
    'status',
    'units',
  ],
};

/** Built-ins that compute and touch nothing. */
const pureBuiltins = new Set([
  'node:path',
  'node:path/posix',
  'node:crypto',
  'node:util',
  'node:buffer',
  'node:zlib',
]);

/** The one folder each, besides effects and cli, where the outside world may be met. */
const effectFolders = [
  'effects/',
  'cli/',
  'etcd/grpc/',
  'etcd/client/',
  'store/lmdb-backend.ts',
  'store/log/log-file.ts',
  'store/sync-file.ts',
];

const outsideWorld =
  /\b(Date\.now|setTimeout|setInterval|Math\.random)\(|(?<![.\w`'"])process\.(env|argv|exit|on|off|platform|std\w+|cwd|kill|getuid)\b/;

interface Module {
  /** `room/file.ts` */
  readonly path: string;
  readonly room: string;
  readonly isTest: boolean;
  readonly imports: readonly string[];
  readonly exportsAll: boolean;
  readonly topLevelLets: number;
  readonly text: string;
}

const source = join(import.meta.dirname, '../src');
const modules = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .map(readModule);
const own = modules.filter(({ isTest }) => !isTest);

function readModule(path: string): Module {
  const text = readFileSync(join(source, path), 'utf8');
  const { module, program } = parseSync(path, text);
  const dynamic = module.dynamicImports.map(({ moduleRequest }) =>
    text.slice(moduleRequest.start + 1, moduleRequest.end - 1),
  );
  return {
    path,
    room: path.split('/')[0] ?? '',
    isTest: /\.test\.ts$|(^|\/)testing\.ts$/.test(path),
    imports: [
      ...module.staticImports.map(({ moduleRequest }) => moduleRequest.value),
      ...module.staticExports.flatMap(({ entries }) =>
        entries.flatMap(({ moduleRequest }) => (moduleRequest === null ? [] : [moduleRequest.value])),
      ),
      ...dynamic,
    ],
    exportsAll: /^export \*/m.test(text),
    topLevelLets: program.body.filter((node) => node.type === 'VariableDeclaration' && node.kind === 'let')
      .length,
    text,
  };
}

/** `../room/file.js` seen from a module, as a path below src; `undefined` for packages. */
function target(module: Module, request: string): string | undefined {
  if (!request.startsWith('.')) return undefined;
  return relative(source, join(source, dirname(module.path), request));
}

function crossings(list: readonly Module[]) {
  return list.flatMap((module) =>
    module.imports.flatMap((request) => {
      const to = target(module, request);
      const room = to?.split('/')[0];
      return to === undefined || room === module.room || to.startsWith('..') ? [] : [{ module, to, room }];
    }),
  );
}

test('the test sees the code', () => {
  expect(own.length).toBeGreaterThan(100);
  expect(new Set(own.map(({ room }) => room))).toEqual(new Set(Object.keys(mayImport)));
  expect(crossings(own).length).toBeGreaterThan(100);
});

test('rooms import only the rooms below them', () => {
  const wrong = crossings(modules.filter(({ path }) => !path.endsWith('.test.ts')))
    .filter(({ module, room }) => !mayImport[module.room]?.includes(room ?? ''))
    .map(({ module, to }) => `${module.path} imports ${to}`);
  expect(wrong).toEqual([]);
});

test('a room is entered only by its index, in tests also by its testing', () => {
  const wrong = crossings(modules)
    .filter(({ module, to }) => {
      const file = to.split('/').slice(1).join('/');
      return file !== 'index.js' && !(module.isTest && file === 'testing.js');
    })
    .map(({ module, to }) => `${module.path} reaches into ${to}`);
  expect(wrong).toEqual([]);
});

test('there is no cycle of rooms', () => {
  const edges = new Map<string, Set<string>>();
  for (const { module, room } of crossings(own)) {
    edges.set(module.room, (edges.get(module.room) ?? new Set()).add(room ?? ''));
  }
  const visit = (room: string, path: readonly string[]): void => {
    expect(path, `cycle ${[...path, room].join(' → ')}`).not.toContain(room);
    for (const next of edges.get(room) ?? []) visit(next, [...path, room]);
  };
  for (const room of edges.keys()) visit(room, []);
});

test('nothing exports everything, and no module has state', () => {
  expect(own.filter(({ exportsAll }) => exportsAll).map(({ path }) => path)).toEqual([]);
  expect(own.filter(({ topLevelLets }) => topLevelLets > 0).map(({ path }) => path)).toEqual([]);
});

test('the outside world is met only where effects are', () => {
  const wrong = own
    .filter(({ path }) => !effectFolders.some((folder) => path.startsWith(folder)))
    .flatMap(({ path, imports, text }) => [
      ...imports
        .filter((name) => name.startsWith('node:') && !pureBuiltins.has(name))
        .map((name) => `${path}: ${name}`),
      ...(outsideWorld.test(withoutComments(text)) ? [`${path}: clock, chance or process`] : []),
    ]);
  expect(wrong).toEqual([]);
});

test('no file or folder is named for what it helps', () => {
  const vague = /(^|\/)(utils?|common|helpers?|shared|types|misc)(\.ts|\/)/;
  expect(own.filter(({ path }) => vague.test(path)).map(({ path }) => path)).toEqual([]);
});

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/\/\/.*$/gm, '');
}
