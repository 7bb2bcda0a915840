// SPDX-License-Identifier: Apache-2.0

import { benchBoot } from './boot.js';
import { benchConfig } from './config.js';
import { benchDiscovery } from './discovery.js';
import { benchImage } from './image.js';
import { benchMachines } from './machines.js';
import { describeMachine } from './measure.js';
import { benchMembers } from './members.js';
import { benchStart } from './start.js';
import { benchStore, benchStorePuts } from './store.js';
import { benchUnits } from './units.js';
import { runUnitsControl } from './units-control.js';
import { benchJoins, benchMemory, benchUp } from './up.js';

const benches: Readonly<Record<string, () => Promise<void>>> = {
  start: benchStart,
  up: benchUp,
  memory: benchMemory,
  joins: benchJoins,
  members: benchMembers,
  discovery: benchDiscovery,
  config: benchConfig,
  boot: benchBoot,
  store: benchStore,
  units: benchUnits,
};

/** Run when they are named; the last is the other half of one. */
const parts: typeof benches = {
  'store-puts': benchStorePuts,
  image: benchImage,
  machines: benchMachines,
  'units-control': runUnitsControl,
};

const wanted = process.argv.slice(2);
process.stdout.write(`${describeMachine()}\n`);
const chosen = wanted.length === 0 ? benches : { ...benches, ...parts };
for (const [name, run] of Object.entries(chosen)) {
  if (wanted.length === 0 || wanted.includes(name)) await run();
}
