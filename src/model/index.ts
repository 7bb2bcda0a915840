// SPDX-License-Identifier: Apache-2.0

/**
 * model: the nouns of muster. Branded ids, plain readonly records, the error base.
 * It imports nothing, does nothing, and knows no room.
 */
export {
  type ErrorDetails,
  type ErrorRow,
  type ErrorTable,
  errorsOf,
  invariant,
  isMusterError,
  MusterError,
  type Retry,
} from './error.js';
export {
  findMachineId,
  type LeaseId,
  leaseId,
  type MachineId,
  type MemberId,
  machineId,
  memberId,
  type Revision,
  revision,
} from './ids.js';
export { type Issue, renderIssue } from './issue.js';
export type { Machine, MachineFacts, MachineMarks, MachineRole } from './machine.js';
export {
  type BootstrapKind,
  bootstrapKinds,
  type MemberDisk,
  type MemberFinding,
  type MemberOrder,
  type MemberProcess,
  type MemberReport,
  memberFindings,
  type PeerEntry,
} from './member.js';
