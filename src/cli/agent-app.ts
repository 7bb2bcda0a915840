// SPDX-License-Identifier: Apache-2.0

/** What `muster agent` does: a bundle of its own, since a machine waits for its start, and needs nothing of the rest. */
export { runAgentCommand } from './run-agent.js';
