// SPDX-License-Identifier: Apache-2.0

import { findClusterFolder } from './cluster-folder.js';
import type { CommandInput, ExitCode } from './command.js';
import { loadControl } from './control-process.js';

/** The control process loads while this one does, which has to plan before anything may begin. */
export async function runUp(input: CommandInput): Promise<ExitCode> {
  const cluster = findClusterFolder(input.flags);
  const loading = await loadControl(cluster);
  try {
    const { bringUp } = await import('./bring-up.js');
    return await bringUp(input, cluster, loading);
  } finally {
    await loading?.drop();
  }
}
