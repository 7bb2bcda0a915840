// SPDX-License-Identifier: Apache-2.0

/**
 * registry: the records that machines and engine share, typed; the only room that knows their keys.
 * One range, one watch, one immutable snapshot per revision:
 *
 *   keys ── mirror ──▶ foldChanges ──▶ ClusterSnapshot
 *
 * Units, of which there may be tens of thousands, have a table of their own that is changed in place:
 *
 *   keys ── mirror ──▶ UnitTable.fold ──▶ UnitChange
 *
 * It keeps fleet's keys and JSON for machines, units, engine version and engine lease. It decides nothing.
 */
export {
  type BootRecord,
  type BootStageName,
  bootStages,
  type ClusterFileRecord,
  type ConfigOrder,
  type MachineLife,
  type MachineOrder,
  type NodeConfig,
  type NodeState,
  type NodeUnit,
  type PendingMachine,
  renderMachine,
} from './records.js';
export {
  type Leadership,
  openRegistry,
  type Registry,
  type RegistryDeps,
  type RegistryView,
  type StandingConfig,
} from './registry.js';
export { type ClusterSnapshot, emptySnapshot, type StandingOrder } from './snapshot.js';
export type {
  MemberPlace,
  SnapshotSource,
  StoreEvent,
  StoreMember,
  StoreMemberView,
  StoreRecord,
  StoreRequest,
  StoreView,
} from './store-records.js';
export { memberReportSchema } from './store-records.js';
export type { StoreChange, StoreRegistry } from './store-registry.js';
export {
  type JobObject,
  type MachineMark,
  type Rollout,
  type ScheduleEntry,
  type TargetState,
  targetStates,
  type UnitHost,
  type UnitState,
} from './unit-records.js';
export type { StateReport, Submission, UnitFeed, UnitRegistry } from './unit-registry.js';
export {
  currentStateOf,
  metadataOf,
  openUnitTable,
  type UnitChange,
  type UnitJob,
  type UnitMachine,
  type UnitTable,
} from './unit-table.js';
export type { UnitWrite } from './unit-write.js';
