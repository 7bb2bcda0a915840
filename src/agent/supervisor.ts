// SPDX-License-Identifier: Apache-2.0

import type { UnitCommand } from '../cloudconfig/index.js';
import type { MemberReport } from '../model/index.js';

/** What a unit is, in systemd's words. */
export interface UnitStatus {
  readonly name: string;
  readonly load: 'loaded' | 'not-found' | 'masked' | 'error';
  readonly active: 'active' | 'inactive' | 'activating' | 'deactivating' | 'failed';
  /** `running`, `exited`, `dead`, `auto-restart`, `failed`, … */
  readonly sub: string;
  /** Of the main process, while there is one. */
  readonly pid?: number;
  /** A start of it was carried out and left nothing running: a oneshot that ended well, a condition that is not met. */
  readonly isDone?: true;
  /** Why it is failed or not loaded. */
  readonly reason?: string;
  /** Of a unit that runs the store's member. */
  readonly member?: MemberReport;
}

/** Whether a call found work to do. */
export type Change = 'changed' | 'unchanged';

/** What applying a configuration needs of whatever runs a node's units. Units are found by name in its unit folders. */
export interface UnitControl {
  /** Reads unit files and drop-ins anew; running units go on, and meet the new settings at their next step. */
  reload(): Promise<Change>;
  /** Links the unit into the targets of its `[Install]` section; throws as `command`. */
  enable(unit: string, options: { readonly isRuntime: boolean }): Promise<Change>;
  /** Whether `enable` has nothing to do. */
  isEnabled(unit: string, options: { readonly isRuntime: boolean }): Promise<boolean>;
  /**
   * Returns when the command is done as systemctl would: `unchanged` for a start of what is active and a stop of
   * what is not. Throws `agent/unit-failed`, `agent/unit-not-found`, `agent/unit-masked`, `agent/unit-bad`.
   */
  command(unit: string, command: UnitCommand): Promise<Change>;
  /** Forgets that a unit failed, and how often it was started; whatever of it runs goes on. */
  resetFailed(unit: string): Promise<void>;
  /** Of one unit, whether it was ever started or not. */
  status(unit: string): Promise<UnitStatus>;
}

/** What runs a node's units as long as the agent lives: systemd on a real machine, muster's own on a local one. */
export interface Supervisor extends UnitControl {
  /** Of all units that a command or another unit asked for, except those not found; by name. */
  list(): Promise<readonly UnitStatus[]>;
  /** As `status` of each, in the order of the names, at the cost of one. */
  statuses(units: readonly string[]): Promise<readonly UnitStatus[]>;
  /**
   * Resolves on the next change of any unit's status after `seen`, a counter, with the new counter; at once
   * when there was one already, and with the counter as it is when `signal` fires.
   */
  changed(seen: number, signal: AbortSignal): Promise<number>;
  /** Whether the machine ends along with the agent; else another agent takes over its units. */
  isGoingDown(): Promise<boolean>;
  /**
   * Ends the supervision. Where units cannot live without the agent, it stops all of them in reverse order of their
   * start; then nothing of them is left running, and none starts again.
   */
  stopAll(): Promise<void>;
}
