// SPDX-License-Identifier: Apache-2.0

import type { Child, Exit, ProcessSighting } from '../../effects/index.js';
import type { MachineOrder, ProviderDeps } from '../provider.js';
import { unseenEnd } from './end-reasons.js';
import type { Ends } from './ends.js';
import type { MachineFolder } from './machine-record.js';

/** How a machine's main process is started. */
export interface Launch {
  readonly command: readonly [string, ...string[]];
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string>>;
  /** What the process says goes here. */
  readonly logFile: string;
}

/** What differs between machines that are processes. */
export interface MachineKind {
  /** Makes what the machine needs outside of its folder, whose `root` is there and empty. Whatever it throws, `retire` follows. */
  launch(order: MachineOrder, at: MachineFolder): Promise<Launch>;
  /** Asks a machine that runs to end by itself; throws nothing. */
  askToEnd(main: ProcessSighting, at: MachineFolder): Promise<void>;
  /** How long it may take with that; then it is killed. */
  readonly endLimitMs: number;
  /** Takes away what `launch` made; nothing happens when there is nothing. */
  retire(name: string): Promise<void>;
  explainExit(at: MachineFolder, exit: Exit): Promise<string>;
}

/** What the operations of one host share. */
export interface HostScope {
  readonly deps: Omit<ProviderDeps, 'dialUnix' | 'probeTcp' | 'random'>;
  readonly folder: string;
  readonly kind: MachineKind;
  /** Machines that this process started, the latest of each name. */
  readonly children: Map<string, { readonly child: Child; ended?: string }>;
  readonly ends: Ends;
  readonly inLane: <T>(name: string, task: () => Promise<T>) => Promise<T>;
}

export function reasonOf(scope: HostScope, name: string, main: ProcessSighting): string {
  const known = scope.children.get(name);
  return known?.child.pid === main.pid ? (known.ended ?? unseenEnd) : unseenEnd;
}

export function isSame(one: ProcessSighting | undefined, other: ProcessSighting): boolean {
  return one?.pid === other.pid && one.startedAt === other.startedAt;
}
