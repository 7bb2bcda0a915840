// SPDX-License-Identifier: Apache-2.0

import type { BootStage } from '../../boot/index.js';
import type { BootRecord } from '../../registry/index.js';

/** What a machine does on its way up; `dhcp` is seen by the DHCP server. */
export type KnownStage = Exclude<BootStage, { readonly at: 'unknown' }> | { readonly at: 'dhcp' };

/** DHCP long before the script was that of another boot. */
const sameBootMs = 120_000;

/**
 * How far a machine is after one more stage. Its script begins a boot, DHCP before that as well; a script that only tells
 * it to wait is asked for again and again and changes nothing as long as it says the same. Pure.
 */
export function stepBoot(before: BootRecord | undefined, stage: KnownStage, now: number): BootRecord {
  switch (stage.at) {
    case 'dhcp':
      // It is asked several times in one boot: by the firmware, by iPXE, by the system.
      if (before?.stage === 'dhcp' && now - before.at < sameBootMs) return before;
      if (before !== undefined && before.stage !== 'user-data' && now - before.at < sameBootMs) return before;
      return { stage: 'dhcp', at: now, times: { dhcp: now }, profile: '' };
    case 'waiting': {
      if (before?.waits === stage.why) return before;
      return {
        stage: 'script',
        at: now,
        times: { ...dhcpOf(before, now), script: now },
        profile: '',
        waits: stage.why,
      };
    }
    case 'script': {
      const times = { ...dhcpOf(before, now), script: now };
      return { stage: 'script', at: now, times, profile: stage.profile };
    }
    case 'user-data': {
      const times = { ...before?.times, 'user-data': before?.times['user-data'] ?? now };
      return { stage: 'user-data', at: now, times, profile: stage.profile };
    }
    case 'kernel':
    case 'initrd': {
      const { at, bytes, total } = stage;
      const times = { ...before?.times, [at]: before?.times[at] ?? now };
      return { stage: at, at: now, times, profile: before?.profile ?? '', bytes, total };
    }
    default:
      return stage satisfies never;
  }
}

/** Whether the difference is worth a write: a stage, the end of a file, each quarter of a large one. */
export function isWorthWriting(before: BootRecord | undefined, after: BootRecord): boolean {
  if (before === after) return false;
  if (before === undefined || before.stage !== after.stage || before.waits !== after.waits) return true;
  if (after.bytes === undefined || after.total === undefined) return true;
  if (before.total !== after.total || after.bytes < (before.bytes ?? 0)) return true;
  return quarter(before) !== quarter(after);
}

function quarter({ bytes = 0, total = 1 }: BootRecord): number {
  return Math.floor((bytes / Math.max(1, total)) * 4);
}

function dhcpOf(before: BootRecord | undefined, now: number): BootRecord['times'] {
  const dhcp = before?.stage === 'dhcp' || before?.waits !== undefined ? before.times.dhcp : undefined;
  return dhcp === undefined || now - dhcp > sameBootMs ? {} : { dhcp };
}
