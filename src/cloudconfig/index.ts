// SPDX-License-Identifier: Apache-2.0

export type { Action, ActionKind } from './action.js';
/**
 * cloudconfig: all of cloud-config.
 *
 *   text → parseUserData → CloudConfig → planActions → Action[]          (on the node, after substitute)
 *   cluster's text + machine's override → compileMachine → user-data    (in the control process, before it)
 *
 * It hides the YAML of 2014, the sections with their option tables, and where each option lands on a node. One
 * section is one file of `sections/`. Everything here is pure: it reads no file and performs no action. Keys that
 * no section knows are told as warnings and served along unchanged.
 */
export { authorizeKeys } from './authorize-keys.js';
export {
  type CloudConfig,
  type CloudDropIn,
  type CloudFile,
  type CloudUnit,
  type CloudUser,
  emptyCloudConfig,
  type SectionOptions,
  type UnitCommand,
  type UserAccount,
  unitCommands,
} from './cloud-config.js';
export {
  type CompileDeps,
  type CompiledMachine,
  compileMachine,
  type FileIssue,
  type MachineConfig,
  type MachineInput,
  type UserDataInput,
} from './compile-machine.js';
export {
  type Conversion,
  type ConvertOptions,
  convertUserData,
  type UserDataForm,
  userDataForms,
} from './convert-user-data.js';
export { decodeUserData, maxUserDataBytes } from './decode-user-data.js';
export { type IgnitionResult, parseIgnition } from './ignition/parse-ignition.js';
export { type IgnitionVariant, ignitionVariants } from './ignition/piece.js';
export { inlineConfigParser } from './inline-config.js';
export { planActions } from './plan-actions.js';
export { renderUserData } from './render-user-data.js';
export { type ProblemRule, problemRules } from './rule.js';
export type { Gunzip } from './section.js';
export { setVariables } from './set-variables.js';
export { substitute } from './substitute.js';
export { parseUserData, type UserData, type UserDataDeps } from './user-data.js';
export { type UserDataReport, validateUserData } from './validate-user-data.js';
