// SPDX-License-Identifier: Apache-2.0

import { type Chance, seededChance } from './chance.js';
import { control } from './network.js';
import { emptyLog, entriesOf, votersOf } from './raft-log.js';
import { openWorld, type World } from './world.js';

/**
 * `faults`: a quorum of disks always survives. `loss`: it does not, later. `seal`: all is stopped and begun anew.
 * `vanish`: a learner's machine goes away, and another one needs a place. `stranger`: one of two voters is not heard of for too long,
 * or somebody else says that he is it, with an empty disk. `away`: voters are away for longer than the cluster file lets them.
 */
export type Story = 'faults' | 'loss' | 'seal' | 'vanish' | 'stranger' | 'away';

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

const stories: readonly Story[] = [
  ...Array.from({ length: 8 }, (): Story => 'faults'),
  ...(['loss', 'loss', 'seal', 'seal', 'vanish', 'stranger', 'away'] as const),
];
/** Where the story wants one. */
const sizes: Partial<Record<Story, number>> = { vanish: 5, stranger: 2, away: 5 };
/** `replaceAfter`, from and to. */
const patience: Partial<Record<Story, readonly [number, number]>> = {
  stranger: [3_000, 10_000],
  away: [10_000, 14_000],
};

/** How long the cluster may take to be well once nothing more befalls it. */
const patienceMs = 180_000;
const calmMs = 4_000;

/** Everything that happens follows from the seed. */
export async function runSchedule(seed: number): Promise<Outcome> {
  const chance = seededChance(seed);
  const story = chance.oneOf(stories) ?? 'faults';
  const size = sizes[story] ?? chance.oneOf([3, 3, 5]) ?? 3;
  const bootstrap = chance.is(0.7) ? 'static' : 'seed';
  const replaceAfterMs = patience[story] === undefined ? undefined : chance.between(...patience[story]);
  const world = openWorld(chance, { size, bootstrap, replaceAfterMs });
  for (const name of world.names) {
    world.time.after(chance.between(0, 3_000), () => world.machines.get(name)?.turnOn());
  }
  world.newControl();
  try {
    if (story !== 'faults' || chance.is(0.7)) await untilWell(world);
    if (story === 'faults') await befall(world, chance);
    if (story === 'loss') await lose(world, chance);
    if (story === 'seal') await sealAndBegin(world, chance);
    if (story === 'vanish') await vanish(world, chance);
    if (story === 'stranger') await meetStranger(world, chance);
    if (story === 'away') await goAway(world, chance, replaceAfterMs ?? 0);
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

/** A learner never counts, and is in nobody's way for longer than its machine's lease. */
async function vanish(world: World, chance: Chance): Promise<void> {
  const { names, harms, machines } = world;
  const [gone = '', waiting = ''] = names;
  world.reboot(gone, chance.between(200, 2_000), true);
  const isLearning = () => world.newestCommit()?.members.some(({ isLearner }) => isLearner) === true;
  await until(world, 60_000, isLearning);
  await until(world, chance.below(1_000), () => false);
  const learnerId = machines.get(gone)?.disk()?.memberId;
  const awayMs = 90_000;
  world.reboot(gone, awayMs, true);
  world.reboot(waiting, chance.between(200, 2_000), true);
  if (chance.is(0.5)) world.crashControl();
  world.time.after(chance.between(100, 3_000), world.newControl);
  const hasVote = (id: string | undefined) =>
    votersOf(world.newestCommit() ?? emptyLog).some((voter) => voter.id === id);
  const isBack = () => hasVote(machines.get(waiting)?.disk()?.memberId);
  // It may have got its vote in the last moment: a voter is waited for.
  await until(world, awayMs - 10_000, () => isBack() || hasVote(learnerId));
  if (!isBack() && !hasVote(learnerId)) harms.push(`${waiting} has no place: a learner's machine is gone`);
  await until(world, awayMs, () => machines.get(gone)?.isOn() === true);
}

/** Two voters of which one is lost have no quorum; where they do agree, it is not as it seems. */
async function meetStranger(world: World, chance: Chance): Promise<void> {
  const [, name = ''] = world.names;
  const ms = chance.between(25_000, 40_000);
  world.network.cut([name], [control], world.time.now() + ms);
  if (chance.is(0.5)) world.impersonate(name);
  else world.machines.get(name)?.expire();
  world.time.after(ms, () => world.machines.get(name)?.heardAgain());
  if (chance.is(0.3)) world.crashControl();
  world.time.after(chance.between(100, 3_000), world.newControl);
  await until(world, ms, () => false);
}

/** Away for less than that, nothing becomes of it; for longer, others than the last two lose their place. */
async function goAway(world: World, chance: Chance, replaceAfterMs: number): Promise<void> {
  const { names, harms } = world;
  const votersNow = () => votersOf(world.newestCommit() ?? emptyLog).length;
  for (const name of names.slice(3)) world.reboot(name, chance.between(1_000, 8_000), false);
  await untilWell(world);
  if (votersNow() !== names.length) harms.push('a voter lost its place in a moment');
  const away = names.slice(2);
  for (const [index, name] of away.entries()) {
    // Those that were there until then go on with a quorum, the last two of all.
    world.time.after(index * 2 * replaceAfterMs, () =>
      world.reboot(name, 8 * replaceAfterMs, chance.is(0.5)),
    );
  }
  await until(world, 7 * replaceAfterMs + patienceMs / 4, () => votersNow() <= 2);
  if (votersNow() !== 2) harms.push(`${votersNow()} voters have a place, and two are there`);
  await until(world, 14 * replaceAfterMs, () =>
    names.every((name) => world.machines.get(name)?.isOn() === true),
  );
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
