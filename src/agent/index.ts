// SPDX-License-Identifier: Apache-2.0

/**
 * agent: what runs on a node. It hides how user-data is fetched, how actions change a node without ever leaving
 * its root, how units live, and how the machine stays registered.
 *
 *   command line → facts → user-data → actions → units
 *                            └ registration: a lease, and what the units do, announced on each change
 *
 * A node is a real machine, or a folder that stands for its `/`. `Supervisor` is what differs between them.
 */
export { type ActionDeps, type ActionReport, performActions } from './actions.js';
export { type AgentDeps, type AgentOptions, runAgent } from './agent.js';
export { type ApplyReport, applyActions, planApply } from './apply.js';
export { agentErrors } from './errors.js';
export { type FetchOptions, fetchUserData } from './fetch-user-data.js';
export { type KernelArguments, parseKernelArguments } from './kernel-arguments.js';
export { type LocalSupervisorDeps, openLocalSupervisor } from './local-supervisor.js';
export { type MachineFile, machineFiles } from './machine-files.js';
export { readFacts } from './node-identity.js';
export { type NodePlan, planNode } from './node-plan.js';
export type { Step } from './plan-steps.js';
export type { Membership } from './registration.js';
export { renderAction } from './render-action.js';
export type { BuiltinUnit } from './service.js';
export { storeDiskFolder } from './store-disk.js';
export type { Change, Supervisor, UnitControl, UnitStatus } from './supervisor.js';
export { openSystemdSupervisor, type SystemdSupervisorDeps, type UnitReport } from './systemd-supervisor.js';
export { openSystemdUnits } from './systemd-units.js';
export type { NodeContext } from './unit-process.js';
