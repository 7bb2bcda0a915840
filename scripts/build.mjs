// SPDX-License-Identifier: Apache-2.0
// Builds the program: dist/muster.cjs (command line and help), dist/app.cjs (what commands and the control process
// do), dist/agent.cjs (what runs on machines), and their V8 code caches. See docs/decisions/0004-one-bundle.md.

import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { build } from 'esbuild';
import { writeCodeCaches } from './code-caches.mjs';

const entries = { muster: 'src/cli/index.ts', app: 'src/cli/app.ts', agent: 'src/cli/agent-app.ts' };

/** zod brings its messages in fifty languages, two thirds of its size; muster speaks one. */
const oneLanguage = {
  name: 'one-language',
  setup(builder) {
    builder.onLoad({ filter: /zod\/v4\/locales\/index\.js$/ }, () => ({
      contents: 'export { default as en } from "./en.js";',
    }));
  },
};

/** commander loads it at once for sub-commands that are programs of their own, which muster has none of. */
const noChildProcess = {
  name: 'no-child-process',
  setup(builder) {
    builder.onResolve({ filter: /^node:child_process$/ }, ({ importer }) =>
      importer.includes('node_modules/commander/') ? { path: 'none', namespace: 'none' } : undefined,
    );
    builder.onLoad({ filter: /.*/, namespace: 'none' }, () => ({ contents: 'module.exports = {};' }));
  },
};

/** Where the light bundle ends. */
const restApart = {
  name: 'rest-apart',
  setup(builder) {
    builder.onResolve({ filter: /\/(agent-)?app\.js$/ }, ({ kind, path }) => {
      const name = path.endsWith('/agent-app.js') ? 'agent' : 'app';
      return kind === 'dynamic-import' ? { path: `./${name}.cjs`, external: true } : undefined;
    });
  },
};

rmSync('dist', { recursive: true, force: true });
mkdirSync('dist');
await build({
  entryPoints: entries,
  outdir: 'dist',
  outExtension: { '.js': '.cjs' },
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  format: 'cjs',
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  // Native: they load their prebuilt libraries from their own packages.
  external: ['lmdb', 'bcrypt'],
  // One script compiled by bin/muster: nothing can be imported into it.
  supported: { 'dynamic-import': false },
  plugins: [restApart, oneLanguage, noChildProcess],
  logLevel: 'warning',
});
// V8 reads text of one byte per character faster, and keeps it in half the memory. Only regular expressions of
// libraries hold others, where an escape means the same.
for (const name of Object.keys(entries)) {
  const path = `dist/${name}.cjs`;
  const escaped = readFileSync(path, 'utf8').replace(
    /[^\0-\x7f]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  writeFileSync(path, escaped);
}
await writeCodeCaches();
