// SPDX-License-Identifier: Apache-2.0

import type { Exit } from '../../effects/index.js';
import type { MemberFinding } from '../../model/index.js';

/** How many of the last lines `diagnose` needs: a panic is followed by the stacks of what ran. */
export const lastLineCount = 400;

export interface Diagnosis {
  readonly finding: MemberFinding;
  /** One line, at most 300 characters. */
  readonly words: string;
}

/** What a line of etcd's log tells of a start that goes well. */
export type LogSign = 'born' | 'serving' | undefined;

/**
 * `born`: its write-ahead log is there; `serving`: it has joined and answers clients.
 * The words of 3.4 differ with its two loggers.
 */
export function readSign(line: string): LogSign {
  if (/\bre?starting (local )?member\b|\bstarting (local )?member\b/.test(line)) return 'born';
  if (
    /ready to serve client requests|serving client traffic (in)?secure|serving (insecure )?client requests/.test(
      line,
    )
  )
    return 'serving';
  return undefined;
}

/** In order: the first that fits counts. */
const rules: readonly (readonly [MemberFinding, RegExp])[] = [
  ['removed', /the member has been permanently removed from the cluster/],
  ['amnesiac', /tocommit\(\d+\) is out of range/],
  ['bootstrapped', /has already been bootstrapped/],
  ['stale-list', /member count is unequal|no match found for existing member|couldn't find local name/],
  ['other-cluster', /cluster ID mismatch|incompatible with current running cluster/i],
  ['no-peers', /cannot fetch cluster info from peer urls|could not retrieve cluster information/],
  ['port-taken', /bind: (address already in use|cannot assign requested address|permission denied)/],
  // Its data are whole, there is only no room for more.
  ['unknown', /no space left on device/],
  ['refused-flags', /verify(ing)? flags|flag provided but not defined|invalid value .* for/],
  [
    'damaged',
    /crc mismatch|walpb|wal: |invalid database|(cannot|failed to) (open|recover|read|restore).*(database|backend|wal|snapshot)|unexpected fault address|both member and proxy directories|database snapshot file|snap: /i,
  ],
];

/** Why etcd ended, by its last lines (of stdout and stderr, either log format) and its exit. */
export function diagnose(lines: readonly string[], exit: Exit): Diagnosis {
  // Somebody ended it; what it said before was not its reason.
  if (exit.signal !== undefined) return { finding: 'unknown', words: `ended by ${exit.signal}` };
  const telling = lines.map(readLine).filter(({ isTelling }) => isTelling);
  for (const { text } of telling.toReversed()) {
    const rule = rules.find(([, pattern]) => pattern.test(text));
    if (rule !== undefined) return { finding: rule[0], words: shorten(text) };
  }
  const last = telling.at(-1)?.text ?? lines.map(readLine).findLast(({ text }) => text !== '')?.text;
  const how = `exit code ${exit.code}`;
  return { finding: 'unknown', words: last === undefined ? how : shorten(`${how}: ${last}`) };
}

interface LogLine {
  readonly text: string;
  /** Whether it may be the reason of an end: what peers do, and what is tried again, stands in the same log. */
  readonly isTelling: boolean;
}

const reasons =
  /^(server error|failed to start etcd|failed to verify flags|error verifying flags|panic: |fatal error: )/;

function readLine(line: string): LogLine {
  const json = readJsonLine(line);
  if (json !== undefined) {
    const isTelling = /^(d?panic|fatal)$/.test(json.level) || reasons.test(json.text);
    return { text: json.text, isTelling };
  }
  // 2006-01-02 15:04:05.000000 C | etcdmain: text
  const [, level, source, words] = /^\d{4}-\S+ \S+ ([A-Z]) \| ([\w/.-]+): (.*)$/.exec(line) ?? [];
  if (words !== undefined) {
    const isRemoval = source === 'etcdserver' && words.startsWith('the member has been permanently removed');
    return { text: words, isTelling: level === 'C' || isRemoval || reasons.test(words) };
  }
  // Of the raft library, of Go itself, or of the way to etcd.
  const text = line.replace(/^raft\d{4}\/\S+ \S+ /, '').trim();
  return { text, isTelling: reasons.test(text) || text.startsWith('tocommit(') };
}

function readJsonLine(line: string): { readonly level: string; readonly text: string } | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const fields: unknown = JSON.parse(line);
    if (typeof fields !== 'object' || fields === null) return undefined;
    const word = (name: string) => Object.entries(fields).find(([key]) => key === name)?.[1];
    const [level, message, error] = [word('level'), word('msg'), word('error')];
    const parts = [message, error].filter((part) => typeof part === 'string' && part !== '');
    return { level: String(level), text: parts.join(': ') };
  } catch {
    return undefined;
  }
}

/** Long lines tell at their end what is wrong: before it they print the whole member list. */
function shorten(text: string): string {
  const line = text.replace(/^discovery failed: |^failed to start etcd: /, '').replace(/^panic: /, '');
  return line.length <= 300 ? line : `${line.slice(0, 100)} … ${line.slice(-195)}`;
}
