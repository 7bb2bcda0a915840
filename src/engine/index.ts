// SPDX-License-Identifier: Apache-2.0

/**
 * engine: decides. One leader at a time, by lease; each pass is a pure plan on one snapshot, and one
 * executor carries it out:
 *
 *   snapshot + cluster file ── planMachines ──▶ decisions ──▶ host ──▶ machine lives
 *   table of units ── planUnits ──▶ decisions ──▶ schedules, events
 *   snapshot + what a quorum says ── planMembers ──▶ steps ──▶ member list, orders, events
 *
 * It never calls an agent: an agent learns by watching its own records.
 */
export {
  absentLife,
  type MachineAction,
  type MachineEvent,
  type MachineStep,
  stepMachine,
} from './machine.js';
export type { KeepMembersDeps, WantedCluster } from './members/keep-members.js';
export { planMembers } from './members/plan-members.js';
export { type MachineDecision, planMachines } from './plan-machines.js';
export { type EngineDeps, runEngine } from './run-engine.js';
export { groupOf, openBoard } from './units/board.js';
export { explainUnit, type MachineVerdict } from './units/explain-unit.js';
export { type Move, previewMoves } from './units/plan-rebalance.js';
