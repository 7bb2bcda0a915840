// SPDX-License-Identifier: Apache-2.0

import { z } from 'zod';
import type { RebootLockSpec, RebootSlots, RebootWindowSpec } from './cluster-spec.js';
import { quoteValue } from './data-path.js';
import { told } from './schema-hint.js';
import { findSeconds, wholeNumber } from './text-format.js';

const dayNames = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const maxSlots = 1_000;

const slots = z.union([z.number(), z.string()]).transform((value, context): RebootSlots => {
  const percent = /^([0-9]{1,3})%$/.exec(String(value))?.[1];
  if (percent !== undefined && Number(percent) <= 100) return { kind: 'percent', percent: Number(percent) };
  const count = Number(value);
  if (/^[0-9]+$/.test(String(value)) && count <= maxSlots) return { kind: 'number', count };
  const message = `${quoteValue(value)} is not a number of machines`;
  context.issues.push({ code: 'custom', input: value, message });
  return z.NEVER;
});

const slotsField = (description: string) =>
  told(slots.optional(), description, 'write a number from 0 to 1000, or a share like 25%', [1, '25%']);

const seconds = (least: number, most: number, noun: string) =>
  z.union([z.number(), z.string()]).transform((value, context): number => {
    const found = findSeconds(String(value));
    if (found !== undefined && found >= least && found <= most) return found;
    context.issues.push({ code: 'custom', input: value, message: `${quoteValue(value)} is not ${noun}` });
    return z.NEVER;
  });

/** `Sat 22:00`, `Mon,Tue 04:30`, `04:30`. */
const start = z.string().transform((text, context) => {
  const [, days = '', hour = '', minute = ''] =
    /^(?:([a-z]{3}(?:,[a-z]{3})*) +)?([0-9]{1,2}):([0-9]{2})$/i.exec(text.trim()) ?? [];
  const named =
    days === ''
      ? []
      : days
          .toLowerCase()
          .split(',')
          .map((day) => dayNames.indexOf(day));
  if (hour !== '' && Number(hour) < 24 && Number(minute) < 60 && !named.includes(-1)) {
    return { days: [...new Set(named)], startMinute: Number(hour) * 60 + Number(minute) };
  }
  context.issues.push({
    code: 'custom',
    input: text,
    message: `${quoteValue(text)} is not a time of the week`,
  });
  return z.NEVER;
});

const window = z
  .strictObject({
    start: told(
      start,
      'When it opens: a time of the day, with days before it if it is not every day.',
      "write hours and minutes, days before them: 'Sat,Sun 04:00'",
      ['04:00', 'Sat 22:00'],
    ),
    length: told(
      seconds(60, 7 * 86_400, 'a time from 1m to 168h'),
      'For how long it is open.',
      'write a time from 1m to 168h, for example 2h',
      ['2h'],
    ),
  })
  .transform(
    ({ start: { days, startMinute }, length }): RebootWindowSpec => ({
      days,
      startMinute,
      lengthMinutes: Math.floor(length / 60),
    }),
  );

const windowsField = (description: string) =>
  told(z.array(window).max(50).optional(), description, 'write a list of mappings of start and length', [
    [{ start: 'Sat 22:00', length: '6h' }],
  ]);

const group = z.union([
  slots,
  z.strictObject({
    slots: slotsField('How many machines of the group may reboot at once.'),
    windows: windowsField('When machines of the group may reboot; those of all groups when left out.'),
  }),
]);

const groupName = z
  .string()
  .regex(/^[a-zA-Z0-9.-]{1,64}$/, { error: ({ input }) => `${quoteValue(input)} is not a name of a group` });

const timeZone = z.string().transform((text, context) => {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: text });
    return text;
  } catch {
    context.issues.push({ code: 'custom', input: text, message: `${quoteValue(text)} is not a time zone` });
    return z.NEVER;
  }
});

const fields = z.strictObject({
  slots: slotsField('How many machines may reboot at once. Left out: what was set by hand, 1 at first.'),
  windows: windowsField('When machines may reboot; at any time when left out.'),
  timeZone: told(
    timeZone.default('UTC'),
    'Of the windows.',
    'write a name of the time zone database, for example Europe/Berlin',
    ['UTC', 'Europe/Berlin'],
  ),
  groups: told(
    z.record(groupName, group).default({}),
    'Groups of machines with a lock of their own, beside the default one.',
    'write names of letters, digits, dots and dashes, each with its slots, or a mapping of slots and windows',
    [{ db: 1, web: '25%' }],
  ),
  failures: told(
    wholeNumber(1, 1_000).default(1),
    'After so many reboots in a row that went wrong nobody is given the lock any more, until `muster lock resume`.',
    'write a number from 1',
    [1],
  ),
  freeAfter: told(
    seconds(60, 31 * 86_400, 'a time from 1m to 744h').prefault('30m'),
    'A holder whose machine is gone or lost for this long is freed, and counts as a failure.',
    'write a time that is long against a reboot, for example 30m',
    ['30m'],
  ),
  wellFor: told(
    seconds(0, 86_400, 'a time up to 24h').prefault('3s'),
    'How long a machine has to be well after its reboot before the next may begin.',
    'write a time like 10s',
    ['10s', '2m'],
  ),
});

/** The reboot lock in a cluster file; every field has a default. */
export const rebootLockField = told(
  fields.prefault({}).transform(
    ({ slots, windows = [], timeZone, groups, failures, freeAfter, wellFor }): RebootLockSpec => ({
      timeZone,
      failureBudget: failures,
      freeAfterSeconds: freeAfter,
      wellForSeconds: wellFor,
      // The default group has no name; clients of FleetLock call it "default".
      groups: [
        { name: '', slots, windows },
        ...Object.entries(groups)
          .filter(([name]) => name !== 'default')
          .map(([name, value]) =>
            'kind' in value
              ? { name, slots: value, windows }
              : { name, slots: value.slots, windows: value.windows ?? windows },
          ),
      ],
    }),
  ),
  'How many machines may reboot at once, and when.',
  'write a mapping of slots, windows, timeZone, groups, failures, freeAfter, wellFor',
  [{ slots: 1 }],
);
