// SPDX-License-Identifier: Apache-2.0

import { benchDiscovery } from './discovery.js';
import { describeMachine } from './measure.js';
import { benchMembers } from './members.js';
import { benchStart } from './start.js';
import { benchStore } from './store.js';
import { benchJoins, benchMemory, benchUp } from './up.js';

const benches: Readonly<Record<string, () => Promise<void>>> = {
  start: benchStart,
  up: benchUp,
  memory: benchMemory,
  joins: benchJoins,
  members: benchMembers,
  discovery: benchDiscovery,
  store: benchStore,
};

const wanted = process.argv.slice(2);
process.stdout.write(`${describeMachine()}\n`);
for (const [name, run] of Object.entries(benches)) {
  if (wanted.length === 0 || wanted.includes(name)) await run();
}
