// SPDX-License-Identifier: Apache-2.0

import {
  type BootRecord,
  type BootStageName,
  bootStages,
  type ClusterSnapshot,
  type MachineLife,
  type NodeState,
  type StoreEvent,
} from '../registry/index.js';

/** How far a machine got on its way up. */
export interface BootStatus {
  readonly stage: BootStageName | 'agent' | 'joined';
  /** RFC 3339, of each stage that was reached, in their order. */
  readonly times: Readonly<Record<string, string>>;
  /** What it boots; empty: not known yet. */
  readonly profile: string;
  /** Of the file that it fetches or fetched last. */
  readonly bytes?: number;
  readonly total?: number;
  /** Why its script tells it to wait. */
  readonly waits?: string;
}

/** The stages of a boot with their times: what the boot face saw, then the agent, then that it joined. Pure. */
export function foldBoot(
  record: BootRecord,
  joined: MachineLife | undefined,
  node: NodeState | undefined,
): BootStatus {
  const { profile, bytes, total, waits } = record;
  const begun = Math.min(...Object.values(record.times));
  // An agent that started before this boot is that of the one before.
  const agent = node !== undefined && node.startedAt >= begun ? node.startedAt : undefined;
  const since = agent !== undefined && joined !== undefined ? Math.max(agent, joined.since) : undefined;
  const times = [
    ...bootStages.map((stage) => [stage, record.times[stage]] as const),
    ['agent', agent] as const,
    ['joined', since] as const,
  ];
  return {
    stage: since !== undefined ? 'joined' : agent !== undefined ? 'agent' : record.stage,
    times: Object.fromEntries(
      times.flatMap(([stage, at]) => (at === undefined ? [] : [[stage, new Date(at).toISOString()]])),
    ),
    profile,
    ...(bytes === undefined ? {} : { bytes }),
    ...(total === undefined ? {} : { total }),
    ...(waits === undefined ? {} : { waits }),
  };
}

/** What a machine did last on its way up, in words. */
export function bootText({ stage, bytes, total, waits }: BootRecord): string {
  if (waits !== undefined) return `waits: ${waits}`;
  switch (stage) {
    case 'dhcp':
      return 'asked for an address';
    case 'script':
      return 'fetched its boot script';
    case 'user-data':
      return 'fetched its user-data';
    case 'kernel':
    case 'initrd': {
      if (bytes === undefined || total === undefined || bytes >= total) return `fetched its ${stage}`;
      return `fetches its ${stage}: ${mebibytes(bytes)} of ${mebibytes(total)} MiB`;
    }
    default:
      return stage satisfies never;
  }
}

/** The last boot of each machine as events, oldest first: each stage at its time. */
export function bootEvents({ boots }: ClusterSnapshot): readonly StoreEvent[] {
  const events = [...boots].flatMap(([machine, record]) =>
    bootStages.flatMap((stage): readonly StoreEvent[] => {
      const at = record.times[stage];
      if (at === undefined) return [];
      const isLast = stage === record.stage;
      const reason = isLast
        ? bootText(record)
        : bootText({ ...record, stage, bytes: undefined, waits: undefined });
      return [{ at, kind: `boot-${stage}`, machine, memberId: '', reason }];
    }),
  );
  return events.sort((a, b) => a.at - b.at);
}

function mebibytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(1);
}
