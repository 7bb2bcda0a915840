// SPDX-License-Identifier: Apache-2.0

import type { Issue } from '../model/index.js';

export interface UnitFileEntry {
  readonly key: string;
  /** Blanks at both ends cut, continued lines joined; quotes, specifiers and escapes as written. */
  readonly value: string;
  /** Of continued lines only: the value as written, with backslashes and line ends. */
  readonly raw?: string;
  /** 1-based; where the assignment begins. */
  readonly line: number;
}

export interface UnitFileSection {
  readonly name: string;
  /** In order of the text; a key may come several times, and with an empty value, which resets it. */
  readonly entries: readonly UnitFileEntry[];
}

/** A unit file or drop-in as systemd reads it: what a key means is the reader's business. */
export interface UnitFile {
  /** Each name once, in order of first mention: a section that comes again goes on where it ended. */
  readonly sections: readonly UnitFileSection[];
}

interface LogicalLine {
  readonly text: string;
  /** Of continued lines. */
  readonly raw?: string;
  readonly line: number;
}

interface OpenSection {
  readonly name: string;
  readonly entries: UnitFileEntry[];
}

const lineEnd = /\r\n|\n|\r/;
const byteOrderMark = '\uFEFF';

/**
 * Reads systemd's unit file syntax. Never throws; what cannot be read is skipped and reported as a warning,
 * as systemd does it.
 *
 * Source: systemd's systemd.syntax(7) and src/shared/conf-parser.c, v257: comments begin with `#` or `;`, also
 * between continued lines; an odd number of backslashes at the end joins the next line with a blank.
 */
export function parseUnitFile(text: string): { readonly unit: UnitFile; readonly issues: readonly Issue[] } {
  if (text === '') return emptyUnitFile;
  const sections = new Map<string, OpenSection>();
  const issues: Issue[] = [];
  let current: OpenSection | undefined;
  for (const { text: whole, raw, line } of logicalLines(text)) {
    const content = whole.trim();
    if (content === '') continue;
    const warn = (message: string, hint: string) =>
      issues.push({
        severity: 'warning',
        path: current?.name ?? '',
        line,
        column: indentOf(whole),
        message,
        hint,
      });
    if (content.startsWith('[')) {
      if (!content.endsWith(']') || content.length < 3) {
        warn(`${quote(content)} is not a section header`, 'write it like [Service]');
        current = undefined;
        continue;
      }
      current = openSection(sections, content.slice(1, -1));
      continue;
    }
    const equals = content.indexOf('=');
    if (equals < 1) warn(`${quote(content)} is no assignment and is skipped`, 'write it like Key=value');
    else if (current === undefined)
      warn(
        `${quote(content)} stands outside of any section and is skipped`,
        'put a header like [Service] above it',
      );
    else
      current.entries.push({
        key: content.slice(0, equals).trimEnd(),
        value: content.slice(equals + 1).trimStart(),
        ...(raw === undefined ? {} : { raw: raw.slice(raw.indexOf('=') + 1).trim() }),
        line,
      });
  }
  return { unit: { sections: [...sections.values()] }, issues };
}

const emptyUnitFile = { unit: { sections: [] }, issues: [] } as const;

function openSection(sections: Map<string, OpenSection>, name: string): OpenSection {
  const known = sections.get(name);
  if (known !== undefined) return known;
  const opened = { name, entries: [] };
  sections.set(name, opened);
  return opened;
}

function* logicalLines(text: string): Generator<LogicalLine> {
  let open: { parts: string[]; raw: string[]; line: number } | undefined;
  const start = text.startsWith(byteOrderMark) ? 1 : 0;
  for (const [index, raw] of text.slice(start).split(lineEnd).entries()) {
    if (/^\s*[#;]/.test(raw)) continue;
    const isContinued = isOddBackslash(raw);
    const part = isContinued ? `${raw.slice(0, -1)} ` : raw;
    if (open === undefined && !isContinued) {
      yield { text: part, line: index + 1 };
      continue;
    }
    open ??= { parts: [], raw: [], line: index + 1 };
    open.parts.push(part);
    open.raw.push(raw);
    if (isContinued) continue;
    yield { text: open.parts.join(''), raw: open.raw.join('\n'), line: open.line };
    open = undefined;
  }
  if (open !== undefined) yield { text: open.parts.join(''), raw: open.raw.join('\n'), line: open.line };
}

function isOddBackslash(line: string): boolean {
  const run = /\\+$/.exec(line)?.[0].length ?? 0;
  return run % 2 === 1;
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length + 1;
}

function quote(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}...` : text);
}
