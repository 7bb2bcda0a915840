// SPDX-License-Identifier: Apache-2.0

import { describe, expect, test } from 'vitest';
import { checkData } from './check-data.js';
import { rebootLockField } from './reboot-lock-fields.js';

const night = { days: [], startMinute: 240, lengthMinutes: 120 };
const weekend = { days: [6, 0], startMinute: 1_320, lengthMinutes: 360 };

test('a lock with everything', () => {
  const checked = checkData(
    {
      slots: '25%',
      windows: [{ start: '4:00', length: '2h' }],
      timeZone: 'Europe/Berlin',
      groups: {
        db: 1,
        web: { slots: '50%', windows: [{ start: 'Sat,Sun 22:00', length: '6h' }] },
        off: { windows: [] },
      },
      failures: 2,
      freeAfter: '1h',
      wellFor: 0,
    },
    rebootLockField,
    { unknownKeys: 'error' },
  );
  expect(checked).toMatchObject({
    kind: 'ok',
    value: {
      timeZone: 'Europe/Berlin',
      failureBudget: 2,
      freeAfterSeconds: 3_600,
      wellForSeconds: 0,
      groups: [
        { name: '', slots: { kind: 'percent', percent: 25 }, windows: [night] },
        { name: 'db', slots: { kind: 'number', count: 1 }, windows: [night] },
        { name: 'web', slots: { kind: 'percent', percent: 50 }, windows: [weekend] },
        { name: 'off', slots: undefined, windows: [] },
      ],
    },
  });
});

describe('what is wrong is told', () => {
  test.each<[unknown, string]>([
    [{ slots: -1 }, '"-1" is not a number of machines'],
    [{ slots: '101%' }, '"101%" is not a number of machines'],
    [{ slots: 1.5 }, '"1.5" is not a number of machines'],
    [{ timeZone: 'Mars/Olympus' }, '"Mars/Olympus" is not a time zone'],
    [{ groups: { a_b: 1 } }, '"a_b" is not a name of a group'],
    [{ windows: [{ start: '24:00', length: '1h' }] }, '"24:00" is not a time of the week'],
    [{ windows: [{ start: 'Xyz 04:00', length: '1h' }] }, '"Xyz 04:00" is not a time of the week'],
    [{ windows: [{ start: '04:00', length: '169h' }] }, '"169h" is not a time from 1m to 168h'],
    [{ freeAfter: '5s' }, '"5s" is not a time from 1m to 744h'],
  ])('%j', (value, message) => {
    const checked = checkData(value, rebootLockField, { unknownKeys: 'error' });
    expect(JSON.stringify(checked)).toContain(JSON.stringify(message).slice(1, -1));
  });
});
