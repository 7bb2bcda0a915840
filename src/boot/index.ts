// SPDX-License-Identifier: Apache-2.0

/**
 * boot: answers a booting machine. It hides how marks are matched, what iPXE scripts look like, and what the
 * agent is told on the kernel command line.
 *
 *   firmware → /boot.ipxe (same for all) → /ipxe?marks (its own script) → kernel → /user-data?marks or /ignition?marks
 *
 * Firmware cannot prove who it is, so every answer is open: user-data is served as it is, and nothing secret
 * belongs in it. It keeps no state: where a machine stands is told through `onStage`.
 */
export { answerBoot, type BootRequest, type BootResponse } from './answer.js';
export { bootErrors } from './errors.js';
export type { BootMachine, BootPlan, BootProfile } from './plan.js';
export { type BootDeps, type BootStage, bootHandler, bootPaths } from './routes.js';
