// SPDX-License-Identifier: Apache-2.0

import { describe, expect, test } from 'vitest';
import { isWindowOpen, nextOpening, type RebootWindow } from './window.js';

const at = (text: string) => Date.parse(text);
const nightly: RebootWindow = { days: [], startMinute: 23 * 60, lengthMinutes: 120 };
const saturday: RebootWindow = { days: [6], startMinute: 22 * 60, lengthMinutes: 6 * 60 };

// 2024-03-02 was a Saturday.
describe('a window', () => {
  test.each<[string, readonly RebootWindow[], string, string, boolean]>([
    ['none: always', [], 'UTC', '2024-03-02T12:00:00Z', true],
    ['begins', [nightly], 'UTC', '2024-03-02T23:00:00Z', true],
    ['goes past midnight', [nightly], 'UTC', '2024-03-03T00:59:59Z', true],
    ['ends', [nightly], 'UTC', '2024-03-03T01:00:00Z', false],
    ['has its day', [saturday], 'UTC', '2024-03-01T23:00:00Z', false],
    ['goes into the next week', [saturday], 'UTC', '2024-03-03T03:59:00Z', true],
    ['is of a time zone', [saturday], 'Europe/Berlin', '2024-03-02T21:00:00Z', true],
    ['is of a time zone, before', [saturday], 'Europe/Berlin', '2024-03-02T20:59:00Z', false],
    ['is one of several', [nightly, saturday], 'UTC', '2024-03-02T22:30:00Z', true],
  ])('%s', (_what, windows, zone, time, expected) => {
    expect(isWindowOpen(windows, zone, at(time))).toBe(expected);
  });
  test('the next opening', () => {
    expect(nextOpening([saturday], 'UTC', at('2024-03-03T04:00:30Z'))).toBe(at('2024-03-09T22:00:00Z'));
    expect(nextOpening([], 'UTC', at('2024-03-03T04:00:00Z'))).toBeUndefined();
  });
});
