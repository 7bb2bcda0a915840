// SPDX-License-Identifier: Apache-2.0

import { openMachineLinks } from '../network/links/links.js';
import { explainExit } from '../processes/end-reasons.js';
import type { HostScope } from '../processes/host-scope.js';
import { openProcessHost } from '../processes/process-host.js';
import type { Host, ProviderContext } from '../provider.js';
import { localFaults } from './faults.js';
import { readLocalOptions } from './options.js';

/** How long a machine may take to stop its units when it is powered off. */
const stopLimitMs = 10_000;

/**
 * Machines whose main process is the agent. A local machine has no memory of its last run: its root begins empty, as a
 * network-booted machine's does.
 */
export function openLocalHost(deps: HostScope['deps'], context: ProviderContext): Host {
  const { folder } = context;
  const options = readLocalOptions(context.options);
  const links = options.links === 'namespaces' ? openMachineLinks(deps, context, options.network) : undefined;
  const { at, ...machines } = openProcessHost(deps, folder, {
    async launch(order, { folder: cwd, root, console }) {
      await links?.plug(order);
      const inside = (await links?.enter(order.name)) ?? [];
      const [program, ...first] = deps.program;
      const [command = program, ...words] = [...inside, program, ...first, 'agent'];
      const marks = ['--mac', order.mac, '--uuid', order.uuid];
      const { NODE_EXTRA_CA_CERTS: _slowsTheStart, ...environment } = deps.environment;
      return {
        command: [command, ...words, '--boot-url', order.bootUrl, ...marks, '--root', root],
        cwd,
        environment,
        logFile: console,
      };
    },
    askToEnd: (main) => deps.exec.signal(main, 'SIGTERM'),
    endLimitMs: stopLimitMs,
    retire: async (name) => links?.unplug(name),
    explainExit: (at, exit) => explainExit(deps.files, at.console, exit),
  });
  return {
    ...machines,
    rootFolder: (name) => at(name).root,
    enter: async (name) => (await links?.enter(at(name).name)) ?? [],
    faults: { ...localFaults(deps, (name) => at(name).root), ...(links && { links: links.faults }) },
  };
}
