// SPDX-License-Identifier: Apache-2.0

import type { Child, ProcessSighting } from '../../effects/index.js';
import type { ProviderDeps } from '../provider.js';
import { unseenEnd } from './end-reasons.js';
import type { Ends } from './ends.js';
import type { MachineLinks } from './links/links.js';

/** What the operations of one host share. */
export interface HostScope {
  readonly deps: Omit<ProviderDeps, 'probeTcp' | 'random'>;
  readonly folder: string;
  /** Where machines have interfaces of their own. */
  readonly links: MachineLinks | undefined;
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
