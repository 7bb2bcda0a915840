// SPDX-License-Identifier: Apache-2.0

import { describe, expect, test } from 'vitest';
import { memberFindings } from '../../model/index.js';
import { diagnose, readSign } from './diagnose.js';
import { lastWords } from './testing.js';

const exited = (code: number) => ({ code, signal: undefined });

describe('last words of real etcds', () => {
  const named = lastWords.map((words) => [words.source, words.finding, words] as const);
  test.each(named)('%s: %s', (_source, finding, { lines, code }) => {
    const diagnosis = diagnose(lines, exited(code));
    expect(diagnosis.finding).toBe(finding);
    expect(diagnosis.words.length).toBeLessThanOrEqual(300);
    expect(diagnosis.words).not.toMatch(/^\{|discovery failed|[\n\t]/);
  });

  test('hold every finding but those that no etcd at hand gives', () => {
    const seen = new Set(lastWords.map(({ finding }) => finding));
    expect(memberFindings.filter((finding) => !seen.has(finding))).toEqual(['other-cluster', 'unknown']);
  });
});

test('the words say what is wrong, not how etcd puts it', () => {
  const of = (source: string, finding: string) => {
    const found = lastWords.find((words) => words.source === source && words.finding === finding);
    return diagnose(found?.lines ?? [], exited(found?.code ?? 0)).words;
  };
  expect(of('3.5', 'bootstrapped')).toMatch(/^member [0-9a-f]+ has already been bootstrapped$/);
  expect(of('3.4 capnslog', 'bootstrapped')).toMatch(/^member [0-9a-f]+ has already been bootstrapped$/);
  expect(of('3.5', 'removed')).toBe('server error: the member has been permanently removed from the cluster');
  expect(of('3.5', 'stale-list')).toMatch(/: member count is unequal$/);
  expect(of('3.4 zap', 'port-taken')).toMatch(/^listen tcp 10\.99\.99\.99:2380: bind: cannot assign/);
});

describe('what is not the reason', () => {
  test('a member that was ended from outside did not end for what it logged', () => {
    const lines = lastWords.flatMap((words) => words.lines);
    expect(diagnose(lines, { code: undefined, signal: 'SIGKILL' })).toEqual({
      finding: 'unknown',
      words: 'ended by SIGKILL',
    });
  });

  test("peers' mistakes stand in a healthy member's log too", () => {
    const lines = [
      '2026-11-24 12:56:18.017744 E | rafthttp: request cluster ID mismatch (got 1 want 2)',
      '{"level":"warn","msg":"request cluster ID mismatch","error":"cluster ID mismatch"}',
      '{"level":"fatal","msg":"discovery failed","error":"something new"}',
    ];
    expect(diagnose(lines, exited(1))).toEqual({
      finding: 'unknown',
      words: 'exit code 1: discovery failed: something new',
    });
  });

  test('a full disk is no damage', () => {
    const lines = ['{"level":"fatal","msg":"failed to save","error":"wal: no space left on device"}'];
    expect(diagnose(lines, exited(1)).finding).toBe('unknown');
  });

  test('nothing said is no finding', () => {
    expect(diagnose([], exited(3))).toEqual({ finding: 'unknown', words: 'exit code 3' });
    expect(diagnose(['{"level":', '{}', 'x'], exited(3)).words).toBe('exit code 3: x');
  });
});

test('a cluster that is another one is named', () => {
  const lines = ['2026-11-24 12:56:18.017744 C | etcdmain: incompatible with current running cluster'];
  expect(diagnose(lines, exited(1)).finding).toBe('other-cluster');
});

test.each([
  ['2026-11-24 12:49:45.491667 I | etcdserver: starting member 68e in cluster 380', 'born'],
  [
    '2026-11-24 12:56:17.990569 I | etcdserver: restarting member 54a in cluster d77 at commit index 10',
    'born',
  ],
  ['{"level":"info","msg":"starting local member","local-member-id":"ae4"}', 'born'],
  ['{"level":"info","msg":"restarting local member","local-member-id":"ae4"}', 'born'],
  ['{"level":"info","msg":"starting etcd server","local-member-id":"ae4"}', undefined],
  ['2026-11-24 12:49:46.495364 I | embed: ready to serve client requests', 'serving'],
  ['{"level":"info","msg":"ready to serve client requests"}', 'serving'],
  ['{"level":"info","msg":"serving client traffic insecurely; this is strongly discouraged!"}', 'serving'],
  ['{"level":"info","msg":"serving client traffic securely","address":"x"}', 'serving'],
  ['{"level":"info","msg":"serving peer traffic","address":"127.77.0.35:2380"}', undefined],
  ['{"level":"info","msg":"added member","added-peer-id":"ae4"}', undefined],
] as const)('sign of %s', (line, sign) => {
  expect(readSign(line)).toBe(sign);
});
