// SPDX-License-Identifier: Apache-2.0

import { machineId } from '../../../model/index.js';
import { type Chance, seededChance } from '../../members/simulation/chance.js';
import { evictionDefaults } from '../eviction-brake.js';
import { explainUnit } from '../explain-unit.js';
import type { UnitDecision } from '../plan-units.js';
import { type ModelMachine, type ModelWorld, openModelWorld } from './model-world.js';

export interface FleetSchedule {
  readonly machines: number;
  readonly units: number;
  /** Of faults; afterwards everything is mended and is to come to rest. */
  readonly seconds: number;
}

const options = [
  '',
  '',
  '',
  'Conflicts=c*.service',
  'MemoryReserve=300M',
  'Spread=machine',
  'Global=true\nMachineMetadata=none=here',
  'Handover=start-first',
];
/** After it the brake has let everything go, and a replacement is over. */
const restSeconds = 400;

/**
 * One course of crashes, partitions, outages of the store, restarts of the engine, drains and changes of units, and
 * what was wrong in it: promises to whoever runs units, not steps of the planner. Empty: nothing.
 */
export function runFleet(seed: number, schedule: FleetSchedule): readonly string[] {
  const chance = seededChance(seed);
  const world = openModelWorld();
  for (let index = 0; index < schedule.machines; index += 1) {
    const id = machineId((index + 1).toString(16).padStart(32, '0'));
    world.join({ id, memoryBytes: 2 ** 30 * (1 + (index % 4)) });
  }
  const harms = new Set<string>();
  const wanted = new Set<string>();
  const gone = new Set<string>();
  const submit = () => {
    const kind = chance.oneOf(['a', 'b', 'c']) ?? 'a';
    const name = `${kind}${chance.below(schedule.units * 2)}.service`;
    // A unit that comes with another text may be replaced where it runs: that is no harm.
    if (wanted.has(name) || gone.has(name)) return;
    wanted.add(name);
    const issues = world.submit(
      name,
      `[Service]\nExecStart=/bin/true\n[X-Fleet]\n${chance.oneOf(options) ?? ''}\n`,
    );
    for (const { message } of issues) harms.add(`${name} is refused: ${message}`);
  };
  for (let count = 0; count < schedule.units; count += 1) submit();
  const back = new Map<ModelMachine, number>();
  const outage = { until: 0 };
  for (let second = 0; second < schedule.seconds; second += 1) {
    if (second > 20) befall(world, chance, back, outage, second);
    if (chance.is(0.2)) submit();
    if (chance.is(0.1)) {
      const name = chance.oneOf([...wanted]) ?? '';
      wanted.delete(name);
      gone.add(name);
      world.destroy(name);
    }
    world.setStore(second >= outage.until);
    lookAt(world, world.tick(), gone, harms);
  }
  world.setStore(true);
  for (const machine of world.machines) {
    machine.power = 'up';
    world.mark(machine, undefined);
  }
  let last: readonly UnitDecision[] = [];
  for (let second = 0; second < restSeconds; second += 1) {
    last = world.tick();
    lookAt(world, last, gone, harms);
  }
  for (const { kind, unit, reason } of last)
    harms.add(`at rest it still decides: ${unit} ${kind}: ${reason}`);
  lookAtRest(world, wanted, harms);
  lookAtEvictions(world, schedule.machines, harms);
  return [...harms];
}

function befall(
  world: ModelWorld,
  chance: Chance,
  back: Map<ModelMachine, number>,
  outage: { until: number },
  second: number,
): void {
  for (const [machine, at] of back) {
    if (at > second) continue;
    machine.power = 'up';
    back.delete(machine);
  }
  const hit = (power: 'cut' | 'off', machine: ModelMachine, seconds: number) => {
    if (back.has(machine)) return;
    machine.power = power;
    machine.isSteady = false;
    if (power === 'off') {
      machine.running.clear();
      machine.stopping.clear();
    }
    back.set(machine, second + seconds);
  };
  const some = () => chance.oneOf(world.machines);
  if (chance.is(0.1)) {
    const machine = some();
    if (machine !== undefined) hit('off', machine, chance.between(1, 120));
  }
  if (chance.is(0.03)) {
    const share = chance.oneOf([0.02, 0.1, 0.4]) ?? 0;
    const seconds = chance.between(1, 90);
    for (const machine of world.machines) if (chance.is(share)) hit('cut', machine, seconds);
  }
  if (second >= outage.until && chance.is(0.01)) outage.until = second + chance.between(1, 90);
  if (second >= outage.until && chance.is(0.02)) world.restartEngine();
  if (second >= outage.until && chance.is(0.05)) {
    const machine = some();
    if (machine !== undefined) world.mark(machine, chance.oneOf(['drain', 'cordon', undefined, undefined]));
  }
}

/** What holds at every moment. */
function lookAt(
  world: ModelWorld,
  decisions: readonly UnitDecision[],
  gone: ReadonlySet<string>,
  harms: Set<string>,
) {
  const board = world.board();
  const touched = new Set(decisions.flatMap(({ machine }) => (machine === undefined ? [] : [machine])));
  for (const id of touched) {
    const machine = board.machines.get(id);
    if (machine === undefined) continue;
    if (machine.memoryBytes !== undefined && machine.usedMemory > machine.memoryBytes) {
      harms.add(`${id} is over its reserve`);
    }
    for (const name of machine.choosy) {
      const unit = machine.units.get(name);
      for (const other of machine.units.keys()) {
        if (other !== name && unit?.conflicts.some((glob) => glob(other)))
          harms.add(`${name} is with ${other}`);
      }
    }
  }
  for (const { unit, machine } of world.stops.slice(seen.get(world) ?? 0)) {
    if (machine.isSteady && !gone.has(unit))
      harms.add(`${unit} was stopped on ${machine.id}, which nothing befell`);
  }
  seen.set(world, world.stops.length);
  lookForClashes(world, harms);
  lookForTwins(world, harms);
}

/** Whatever the plan says: on no machine do two units run that do not bear each other, also while one is being stopped. */
function lookForClashes(world: ModelWorld, harms: Set<string>): void {
  const board = world.board();
  for (const { id, running } of world.machines) {
    for (const name of running.keys()) {
      const conflicts = board.unit(name)?.conflicts ?? [];
      if (conflicts.length === 0) continue;
      for (const other of running.keys()) {
        if (other !== name && conflicts.some((glob) => glob(other)))
          harms.add(`on ${id} ${name} runs with ${other}`);
      }
    }
  }
}

const seen = new WeakMap<ModelWorld, number>();

/** A unit runs once among the machines that can be reached, but for those that just came back and for hand-overs. */
function lookForTwins(world: ModelWorld, harms: Set<string>): void {
  const runs = new Map<string, ModelMachine>();
  const board = world.board();
  for (const machine of world.machines) {
    // One that just came back tells what it runs, and then stops what runs elsewhere by now.
    if (machine.power !== 'up' || machine.reached < 6) continue;
    for (const name of machine.running.keys()) {
      const other = runs.get(name);
      const unit = board.unit(name);
      runs.set(name, machine);
      if (other === undefined || unit?.options.isGlobal || unit?.options.handover === 'start-first') continue;
      harms.add(`${name} runs on ${machine.id} and on ${other.id}`);
    }
  }
}

/** Everything runs where it is to run, once, and what runs nowhere has a reason. */
function lookAtRest(world: ModelWorld, wanted: ReadonlySet<string>, harms: Set<string>): void {
  const board = world.board();
  const places = new Map<string, string[]>();
  for (const { id, running } of world.machines) {
    for (const name of running.keys()) places.set(name, [...(places.get(name) ?? []), id]);
  }
  for (const name of places.keys())
    if (!wanted.has(name)) harms.add(`${name} runs although it was destroyed`);
  for (const name of wanted) {
    const found = places.get(name) ?? [];
    const holders = [...board.holders(name)];
    if (found.length !== holders.length || !found.every((id) => holders.some((one) => one === id))) {
      harms.add(`${name} runs on ${found.join()}, and is to run on ${holders.join()}`);
    }
    const { summary } = explainUnit(board, name);
    if (found.length === 0 && !/no machine fits|global/.test(summary))
      harms.add(`${name} runs nowhere: ${summary}`);
    if (found.length > 1 && board.unit(name)?.options.isGlobal !== true) harms.add(`${name} runs twice`);
  }
}

/** A network fault never empties half of the cluster. */
function lookAtEvictions(world: ModelWorld, machines: number, harms: Set<string>): void {
  const most = Math.max(1, Math.floor(machines * evictionDefaults.share));
  const found = world.mostEvicted();
  if (found > most) harms.add(`${found} machines at once had lost their units, of at most ${most}`);
}
