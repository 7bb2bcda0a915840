// SPDX-License-Identifier: Apache-2.0

import { type Chance, seededChance } from './chance.js';
import { control } from './network.js';
import { emptyLog, entriesOf, votersOf } from './raft-log.js';
import { openWorld, type World } from './world.js';

/** `faults`: a quorum of disks always survives. `loss`: it does not, later. `seal`: all is stopped and begun anew. */
export type Story = 'faults' | 'loss' | 'seal';

export interface Outcome {
  readonly seed: number;
  readonly story: Story;
  /** What must never happen and did; empty: all is well. */
  readonly harms: readonly string[];
  readonly acknowledged: number;
  /** Of virtual time, from the last fault on; what it took to get well. */
  readonly healMs: number;
  readonly tale: readonly string[];
}

/** How long the cluster may take to be well once nothing more befalls it. */
const patienceMs = 180_000;
const calmMs = 4_000;

/** Everything that happens follows from the seed. */
export async function runSchedule(seed: number): Promise<Outcome> {
  const chance = seededChance(seed);
  const size = chance.oneOf([3, 3, 5]) ?? 3;
  const story = chance.oneOf<Story>(['faults', 'faults', 'faults', 'faults', 'loss', 'seal']) ?? 'faults';
  const world = openWorld(chance, size, chance.is(0.7) ? 'static' : 'seed');
  for (const name of world.names) {
    world.time.after(chance.between(0, 3_000), () => world.machines.get(name)?.turnOn());
  }
  world.newControl();
  try {
    if (story !== 'faults' || chance.is(0.7)) await untilWell(world);
    if (story === 'faults') await befall(world, chance);
    if (story === 'loss') await lose(world, chance);
    if (story === 'seal') await sealAndBegin(world, chance);
    const faultsOver = world.time.now();
    if (await isHalfFounded(world)) {
      for (const name of world.names) world.reboot(name, 10_000, true);
    }
    await untilWell(world);
    return {
      seed,
      story,
      harms: world.harms,
      acknowledged: world.etcd.acknowledged.size,
      healMs: world.time.now() - faultsOver,
      tale: world.tale,
    };
  } finally {
    world.close();
  }
}

/** A dozen faults, one after the other and at once. */
async function befall(world: World, chance: Chance): Promise<void> {
  const lastsMs = chance.between(3_000, 25_000);
  for (let left = chance.between(2, 12); left > 0; left -= 1) {
    world.time.after(chance.below(lastsMs), () => fault(world, chance));
  }
  const end = world.time.now() + lastsMs;
  await until(world, lastsMs, () => world.time.now() >= end);
  world.healNetwork();
}

function fault(world: World, chance: Chance): void {
  const name = chance.oneOf(world.names) ?? '';
  const ms = chance.between(200, chance.is(0.2) ? 15_000 : 4_000);
  switch (chance.below(11)) {
    case 0:
      if (!world.isUnborn()) return;
      for (const one of world.names) world.reboot(one, chance.between(200, 4_000), true);
      return;
    case 10:
      if (world.canLoseDisk(name)) world.machines.get(name)?.endEtcd(true);
      return;
    case 1:
    case 2:
    case 3:
      if (world.machines.get(name)?.isOn() && world.canLoseDisk(name)) world.reboot(name, ms, true);
      return;
    case 4: {
      const machine = world.machines.get(name);
      if (machine?.isOn() !== true || (machine.disk() === undefined && !world.canLoseDisk(name))) return;
      const moved = chance.is(0.3) ? `http://${name}:${chance.between(3_000, 9_000)}` : undefined;
      return world.reboot(name, ms, false, moved);
    }
    case 5:
      return world.machines.get(name)?.endEtcd(false);
    case 6:
      return world.cut(
        [...world.names, control].filter(() => chance.is(0.4)),
        ms,
      );
    case 7:
    case 8:
      world.crashControl();
      return world.time.after(chance.between(100, 3_000), world.newControl);
    default:
      world.stallControl(ms);
      return world.time.after(chance.between(100, 3_000), world.newControl);
  }
}

/** More disks go than a quorum can lose. Nothing may be changed then, until somebody says what to do. */
async function lose(world: World, chance: Chance): Promise<void> {
  const { time, registry, etcd, harms } = world;
  const before = world.newestCommit();
  const lost = Math.ceil(world.names.length / 2);
  const [survivors, gone] = [world.names.slice(lost), world.names.slice(0, lost)];
  for (const name of gone) world.reboot(name, chance.between(200, 8_000), true);
  for (const name of survivors) {
    if (chance.is(0.5)) world.reboot(name, chance.between(200, 8_000), false);
  }
  await until(world, 12_000, () => false);
  const asked = { ...world.asked };
  for (const name of survivors) world.machines.get(name)?.endEtcd(chance.is(0.5));
  await until(world, 20_000, () => false);
  if (world.asked.changes !== asked.changes) harms.push('changes of the list are asked for without a quorum');
  if (world.asked.wipes !== asked.wipes) harms.push('a disk is to be wiped without a quorum');
  const after = world.newestCommit();
  const view = registry.latest().storeView;
  if (view?.state !== 'no-quorum') harms.push(`the view says ${view?.state}, and there is no quorum`);
  if (etcd.running().some((one) => etcd.leaderFor(one) !== undefined))
    harms.push('somebody leads without a quorum');
  if (after === undefined || before === undefined) return;
  if (JSON.stringify(after.members) !== JSON.stringify(before.members)) harms.push('the member list changed');
  const held = new Set(entriesOf(after));
  for (const entry of [...etcd.acknowledged]) if (!held.has(entry)) etcd.acknowledged.delete(entry);
  const snapshot = world.addSnapshot(after);
  registry.ask({ kind: 'restore', at: time.now(), snapshot, reason: 'the operator says so' });
}

/** `muster down`, machines that forget everything or nothing, `muster up`. */
async function sealAndBegin(world: World, chance: Chance): Promise<void> {
  const { time, registry, harms } = world;
  registry.ask({ kind: 'seal', at: time.now() });
  if (chance.is(0.3)) world.crashControl();
  if (chance.is(0.3)) world.stallControl(chance.between(100, 2_000));
  time.after(500, world.newControl);
  await until(world, 60_000, () => registry.latest().store?.phase === 'sealed');
  if (registry.latest().store?.phase !== 'sealed') harms.push('the cluster was never sealed');
  const isLost = chance.is(0.7);
  const away = chance.is(0.8) ? world.names : [];
  for (const name of away) world.reboot(name, chance.between(3_000, 9_000), isLost || chance.is(0.5));
  time.after(chance.between(100, 2_500), () => registry.ask(undefined));
}

/** Nobody can know what few founders that remember have agreed upon, so that only people may begin anew. */
async function isHalfFounded(world: World): Promise<boolean> {
  const { registry, etcd } = world;
  if (registry.latest().store?.phase === 'formed') return false;
  await until(world, 20_000, () => registry.latest().store?.phase === 'formed');
  return (
    registry.latest().storeView?.reason.includes('begun anew once') === true && etcd.acknowledged.size === 0
  );
}

/** Well: muster says so, it is so, and muster leaves it alone. */
async function untilWell(world: World): Promise<void> {
  const { registry, time, harms, etcd, names } = world;
  const quiet = { revision: 0, since: 0 };
  const isWell = () => {
    const { revision, storeView } = registry.latest();
    if (storeView?.state !== 'ok' || revision !== quiet.revision) {
      quiet.revision = revision;
      quiet.since = time.now();
    }
    return time.now() - quiet.since >= calmMs;
  };
  await until(world, patienceMs, isWell);
  if (harms.length > 0) return;
  const { storeView } = registry.latest();
  if (!isWell()) {
    harms.push(`not well after ${patienceMs} ms: ${storeView?.state} ${storeView?.reason}`);
    return;
  }
  const voters = votersOf(world.newestCommit() ?? emptyLog);
  if (voters.length !== names.length) harms.push(`${voters.length} voters, and muster says that all is well`);
  if (!etcd.running().every((one) => etcd.leaderFor(one) !== undefined)) harms.push('a member has no leader');
}

async function until({ time, harms }: World, ms: number, isDone: () => boolean): Promise<void> {
  const end = time.now() + ms;
  while (time.now() < end && harms.length === 0 && !isDone()) await time.step();
}
