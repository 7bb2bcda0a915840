// SPDX-License-Identifier: Apache-2.0

/** A time of the week in which reboots are allowed; it may go past midnight. */
export interface RebootWindow {
  /** 0 is Sunday; none: every day. */
  readonly days: readonly number[];
  /** Minutes after midnight. */
  readonly startMinute: number;
  /** 1 to a week. */
  readonly lengthMinutes: number;
}

const dayMinutes = 24 * 60;
const weekMinutes = 7 * dayMinutes;

/** Whether one of the windows is open; without any, all the time is. `timeZone`: of the IANA, `UTC`, `Europe/Berlin`. */
export function isWindowOpen(windows: readonly RebootWindow[], timeZone: string, now: number): boolean {
  return windows.length === 0 || isOpenAt(windows, minuteOfWeek(timeZone, now));
}

/**
 * Milliseconds since 1970 of the next minute in which a window is open, or nothing when none ever is. Where a change to
 * summer time lies between, an hour beside it.
 */
export function nextOpening(
  windows: readonly RebootWindow[],
  timeZone: string,
  now: number,
): number | undefined {
  const start = minuteOfWeek(timeZone, now);
  const thisMinute = Math.floor(now / 60_000) * 60_000;
  for (let ahead = 0; ahead < weekMinutes; ahead += 1) {
    if (isOpenAt(windows, (start + ahead) % weekMinutes)) return thisMinute + ahead * 60_000;
  }
  return undefined;
}

function isOpenAt(windows: readonly RebootWindow[], minute: number): boolean {
  return windows.some(({ days, startMinute, lengthMinutes }) =>
    (days.length === 0 ? everyDay : days).some((day) => {
      const since = (minute - day * dayMinutes - startMinute + 2 * weekMinutes) % weekMinutes;
      return since < lengthMinutes;
    }),
  );
}

const everyDay = [0, 1, 2, 3, 4, 5, 6];
const dayNames = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

function minuteOfWeek(timeZone: string, now: number): number {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(now);
  const part = (type: string) => parts.find((one) => one.type === type)?.value ?? '';
  return dayNames.indexOf(part('weekday')) * dayMinutes + Number(part('hour')) * 60 + Number(part('minute'));
}
