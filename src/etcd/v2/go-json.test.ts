// SPDX-License-Identifier: Apache-2.0

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { renderNode, renderText, renderTime, secondsLeft } from './go-json.js';

test('any text comes back from its JSON', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(JSON.parse(renderText(text))).toBe(text);
    }),
  );
});

test('what Go escapes is escaped, and nothing else', () => {
  expect(renderText('<a href="x">&\n\t\r\b\f\u2028é😀\u007f')).toBe(
    '"\\u003ca href=\\"x\\"\\u003e\\u0026\\n\\t\\r\\u0008\\u000c\\u2028é😀\u007f"',
  );
});

test('times have no zeros at the end', () => {
  expect(renderTime(Date.UTC(2026, 0, 2, 3, 4, 5, 120))).toBe('2026-01-02T03:04:05.12Z');
  expect(renderTime(Date.UTC(2026, 0, 2, 3, 4, 50))).toBe('2026-01-02T03:04:50Z');
});

test('seconds left are rounded up and never below zero', () => {
  expect([1, 999, 1_000, 1_001, 0, -5].map((ms) => secondsLeft(ms, 0))).toEqual([1, 1, 1, 2, 0, 0]);
});

test('fields come in order, without those that say nothing', () => {
  const node = { key: '/d', isDirectory: true, expiresAt: 1_500, modifiedIndex: 3, createdIndex: 2 };
  const child = { key: '/d/a', isDirectory: false, value: '', modifiedIndex: 4, createdIndex: 4 };
  expect(renderNode({ ...node, nodes: [child] }, 0)).toBe(
    '{"key":"/d","dir":true,"expiration":"1970-01-01T00:00:01.5Z","ttl":2,' +
      '"nodes":[{"key":"/d/a","value":"","modifiedIndex":4,"createdIndex":4}],"modifiedIndex":3,"createdIndex":2}',
  );
  expect(renderNode({ key: '/', isDirectory: true, nodes: [], modifiedIndex: 0, createdIndex: 0 }, 0)).toBe(
    '{"dir":true}',
  );
});
