// SPDX-License-Identifier: Apache-2.0

/** Suites of a release beside its main one, by what is appended to its name. */
const extensions = ['', '-updates', '-security'];

const releases = new Set([
  'bullseye',
  'bookworm',
  'trixie',
  'forky',
  'sid',
  'oldstable',
  'stable',
  'testing',
  'unstable',
]);

/** A file of apt's sources on this computer. */
export interface SourceFile {
  /** By its end apt knows how it is written: `.sources` in stanzas, anything else in lines. */
  readonly path: string;
  readonly text: string;
}

/**
 * What the computer has configured of its own Debian release, its updates and security updates included, with `suite`
 * in the release's place: the same mirror and keys. Everything else, such as other makers' archives, is left out.
 * Two texts for apt, one of each way of writing; empty when there is nothing.
 */
export function foreignSources(
  sources: readonly SourceFile[],
  suite: string,
): { styled: string; lined: string } {
  const isStyled = ({ path }: SourceFile) => path.endsWith('.sources');
  const lines = sources.filter((one) => !isStyled(one)).flatMap(({ text }) => text.split('\n'));
  const stanzas = sources.filter(isStyled).flatMap(({ text }) => text.split(/\n[ \t]*\n/));
  return {
    styled: stanzas.flatMap((stanza) => foreignStanza(stanza, suite)).join('\n'),
    lined: lines.flatMap((line) => foreignLine(line, suite)).join(''),
  };
}

/** The same suite of another release: `bookworm-security` is `trixie-security`; `undefined` for archives of others. */
function foreignSuite(own: string, suite: string): string | undefined {
  const extension = extensions.find(
    (one) => own.endsWith(one) && releases.has(own.slice(0, own.length - one.length)),
  );
  // What is not released yet has neither.
  if (extension === undefined || (extension !== '' && ['sid', 'unstable'].includes(suite))) return undefined;
  return `${suite}${extension}`;
}

function foreignStanza(stanza: string, suite: string): readonly string[] {
  const kept = stanza.split('\n').filter((line) => !/^\s*(#|$)/.test(line));
  const field = (name: string) =>
    kept.find((line) => line.toLowerCase().startsWith(`${name.toLowerCase()}:`));
  const suites = (field('Suites')?.replace(/^[^:]*:/, '') ?? '').trim().split(/\s+/);
  const isOff = /:\s*no\s*$/i.test(field('Enabled') ?? '');
  const wanted = suites.flatMap((own) => foreignSuite(own, suite) ?? []);
  if (isOff || !/\bdeb\b/.test(field('Types')?.replace('deb-src', '') ?? '') || wanted.length === 0)
    return [];
  const written = kept.map((line) => {
    if (/^suites:/i.test(line)) return `Suites: ${wanted.join(' ')}`;
    return /^types:/i.test(line) ? 'Types: deb' : line;
  });
  return [`${written.join('\n')}\n`];
}

function foreignLine(line: string, suite: string): readonly string[] {
  const [, head, own, rest] = /^\s*(deb\s+(?:\[[^\]]*\]\s+)?\S+\s+)(\S+)(\s+.*)$/.exec(line) ?? [];
  const wanted = own === undefined ? undefined : foreignSuite(own, suite);
  return wanted === undefined ? [] : [`${head}${wanted}${rest}\n`];
}
