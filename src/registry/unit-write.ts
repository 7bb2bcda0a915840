// SPDX-License-Identifier: Apache-2.0

import type { MachineId } from '../model/index.js';
import { unitKeys } from './unit-keys.js';
import {
  type JobObject,
  type Rollout,
  renderJobObject,
  type ScheduleEntry,
  type TargetState,
} from './unit-records.js';

/** What the engine decided, in the words of the registry. */
export type UnitWrite =
  | { readonly kind: 'target'; readonly unit: string; readonly machine: MachineId | undefined }
  | {
      readonly kind: 'schedule';
      readonly machine: MachineId;
      readonly unit: string;
      readonly entry: ScheduleEntry | undefined;
    }
  | { readonly kind: 'rollout'; readonly group: string; readonly record: Rollout | undefined }
  | {
      readonly kind: 'replica';
      readonly unit: string;
      readonly object: JobObject;
      readonly targetState: TargetState;
    }
  | { readonly kind: 'drop-unit'; readonly unit: string }
  | { readonly kind: 'drop-text'; readonly hash: string }
  | { readonly kind: 'rebalanced' };

/** The keys that a write sets, and to what; nothing stands for gone. */
export function entriesOf(write: UnitWrite): readonly (readonly [key: string, value: string | undefined])[] {
  const json = (value: unknown) => (value === undefined ? undefined : JSON.stringify(value));
  switch (write.kind) {
    case 'target':
      return [[unitKeys.target(write.unit), write.machine]];
    case 'schedule':
      return [[unitKeys.schedule(write.machine, write.unit), json(write.entry)]];
    case 'rollout':
      return [[unitKeys.rollout(write.group), json(write.record)]];
    case 'replica':
      return [
        [unitKeys.jobObject(write.unit), renderJobObject(write.unit, write.object)],
        [unitKeys.targetState(write.unit), write.targetState],
      ];
    case 'drop-unit':
      return [[unitKeys.restart(write.unit), undefined]];
    case 'drop-text':
      return [[unitKeys.text(write.hash), undefined]];
    case 'rebalanced':
      return [[unitKeys.rebalance, undefined]];
    default:
      return write satisfies never;
  }
}
