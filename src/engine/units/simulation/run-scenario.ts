// SPDX-License-Identifier: Apache-2.0

import { type MachineId, machineId } from '../../../model/index.js';
import { targetStates } from '../../../registry/index.js';
import { explainUnit } from '../explain-unit.js';
import type { UnitDecision } from '../plan-units.js';
import { type ModelMachine, type ModelWorld, openModelWorld } from './model-world.js';

/** A line of a scenario that is no answer, with the lines below it that are indented. */
interface Command {
  readonly words: readonly string[];
  readonly body: readonly string[];
}

interface Course {
  readonly world: ModelWorld;
  readonly machines: Map<string, ModelMachine>;
  /** Stops that were told already. */
  told: number;
  /** Machines that got an order since this was last asked. */
  readonly woken: Set<string>;
}

/**
 * Plays a scenario: a text of commands, each followed by what came of it in lines that begin with `=`. Returns the text
 * with the answers that it gives now. Machines are called by one hexadecimal digit, of which their ID is made; units
 * are whole files, or the lines of their `[X-Fleet]` alone.
 */
export function runScenario(text: string): string {
  const course: Course = { world: openModelWorld(), machines: new Map(), told: 0, woken: new Set() };
  const lines = text.split('\n').filter((line) => !line.startsWith('='));
  const played: string[] = [];
  for (let index = 0; index < lines.length; index += 1) {
    const line = lines[index] ?? '';
    played.push(line);
    if (line === '' || line.startsWith('#')) continue;
    const body: string[] = [];
    for (let next = lines[index + 1]; next?.startsWith('    '); next = lines[index + 1]) {
      body.push(next.trim());
      played.push(next);
      index += 1;
    }
    const answers = perform(course, { words: line.split(' '), body });
    played.push(...answers.map((answer) => `= ${answer}`));
  }
  return played.join('\n');
}

function perform(course: Course, { words, body }: Command): readonly string[] {
  const { world } = course;
  const [verb = '', first = '', ...rest] = words;
  const machine = (): ModelMachine => {
    const found = course.machines.get(first);
    if (found === undefined) throw new Error(`no machine "${first}" for "${verb}"`);
    return found;
  };
  switch (verb) {
    case 'machine':
      course.machines.set(first, world.join(machineSpec(first, rest)));
      return [];
    case 'unit': {
      const target = targetStates.find((state) => state === rest[0]);
      return world
        .submit(first, unitText(body), target)
        .map(({ line, message, hint }) => `line ${line}: ${message}: ${hint}`);
    }
    case 'launched':
    case 'loaded':
    case 'inactive':
      world.setTargetState(first, verb);
      return [];
    case 'restart':
      world.restart(first);
      return [];
    case 'destroy':
      world.destroy(first);
      return [];
    case 'rebalance':
      world.rebalance();
      return [];
    case 'off':
      machine().power = 'off';
      machine().running.clear();
      machine().stopping.clear();
      return [];
    case 'cut':
      machine().power = 'cut';
      return [];
    case 'back':
      machine().power = 'up';
      return [];
    case 'drain':
    case 'cordon':
      world.mark(machine(), verb);
      return [];
    case 'uncordon':
      world.mark(machine(), undefined);
      return [];
    case 'engine':
      world.restartEngine();
      return [];
    case 'store':
      world.setStore(first === 'back');
      return [];
    case 'wait':
      return wait(course, Number(first));
    case 'woken': {
      const woken = [...course.woken].toSorted();
      course.woken.clear();
      return [woken.length === 0 ? 'no machine' : woken.join(' ')];
    }
    case 'where':
      return where(course);
    case 'why':
      return why(course, first);
    default:
      throw new Error(`a scenario has no "${verb}"`);
  }
}

function machineSpec(digit: string, rest: readonly string[]) {
  const settings = Object.fromEntries(rest.map((one) => one.split('=') as [string, string]));
  const { memory = '16', cpus = '4', ...metadata } = settings;
  const id = machineId(digit.repeat(32));
  return { id, name: digit, metadata, memoryBytes: Number(memory) * 2 ** 30, cpus: Number(cpus) };
}

function unitText(body: readonly string[]): string {
  if (body.some((line) => line.startsWith('['))) return `${body.join('\n')}\n`;
  return ['[X-Fleet]', ...body, '[Service]', 'ExecStart=/bin/true', ''].join('\n');
}

/** Tells what was decided, and stopped, and when. */
function wait(course: Course, seconds: number): readonly string[] {
  const { world } = course;
  const told: string[] = [];
  for (let second = 1; second <= seconds; second += 1) {
    const decided = world.tick();
    const at = `${second} s:`;
    for (const { unit, machine } of world.stops.slice(course.told)) {
      told.push(`${at} ${unit} was stopped on ${machine.name}`);
    }
    course.told = world.stops.length;
    for (const write of world.writes()) {
      if (write.kind === 'schedule') course.woken.add(nameOf(course, write.machine));
    }
    for (const one of decided) told.push(`${at} ${render(course, one)}`);
  }
  return told.length === 0 ? ['nothing'] : told;
}

function nameOf({ world }: Course, machine: MachineId): string {
  return world.board().machines.get(machine)?.name ?? machine;
}

function render(course: Course, { unit, kind, machine, reason }: UnitDecision): string {
  const name = machine === undefined ? '' : ` ${nameOf(course, machine)}`;
  return `${unit} ${kind}${name}: ${reason}`;
}

/** What really runs. */
function where({ world }: Course): readonly string[] {
  return world.machines.map(({ name, running, power }) => {
    const units = [...running.keys()].toSorted();
    const state = power === 'up' ? '' : ` (${power})`;
    return `${name}${state}: ${units.length === 0 ? '-' : units.join(' ')}`;
  });
}

function why(course: Course, unit: string): readonly string[] {
  const { summary, machines } = explainUnit(course.world.board(), unit);
  const verdicts = machines.map(({ machine, isHere, against }) => {
    return `${nameOf(course, machine)}: ${isHere ? 'it is here' : against || 'nothing speaks against it'}`;
  });
  return [summary, ...verdicts];
}
