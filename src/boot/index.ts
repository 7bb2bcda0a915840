// SPDX-License-Identifier: Apache-2.0

/**
 * boot: answers a booting machine. It hides how marks and labels are matched, what iPXE scripts look like, how files are
 * served, and what the agent is told on the kernel command line.
 *
 *   firmware → /boot.ipxe (same for all) → /ipxe?facts (its own script) → /assets/… (kernel, initrd)
 *            → /user-data?marks or /ignition?marks
 *
 * Firmware cannot prove who it is, so every answer is open: user-data is served as it is, and nothing secret
 * belongs in it. It keeps no state: where a machine stands is told through `onStage`.
 */
export { answerBoot, type BootRequest, type BootResponse } from './answer.js';
export type { BootStage } from './boot-stage.js';
export {
  type DhcpLines,
  type IpxeTag,
  ipxeFiles,
  renderDnsmasq,
  renderDnsmasqProxy,
  renderIsc,
  renderKea,
} from './dhcp/dhcp-lines.js';
export { type DhcpOffer, decodeOffer, encodeDiscover } from './dhcp/dhcp-packet.js';
export { type DhcpSighting, parseDhcpLog } from './dhcp/dnsmasq-log.js';
export { bootErrors } from './errors.js';
export { type BootExplanation, explainBoot } from './explain.js';
export { type FirmwareFacts, firmwareLabels, parseFacts } from './firmware-facts.js';
export { findMac, findUuid } from './marks.js';
export { findMachine } from './match.js';
export type { BootAsset, BootImage, BootMachine, BootPlan, BootProfile } from './plan.js';
export { sortProfiles } from './profiles.js';
export { type BootDeps, bootHandler } from './routes.js';
