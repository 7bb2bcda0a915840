// SPDX-License-Identifier: Apache-2.0

import { realClock } from '../../effects/index.js';
import { openBoard, previewMoves } from '../../engine/index.js';
import type { UnitRegistry } from '../../registry/index.js';
import { type CommandInput, type ExitCode, isOff, isSet, textFlag } from '../command.js';
import { parseSeconds } from '../parse-flags.js';
import { type Column, printRows } from '../print.js';
import { machineName } from './judge-unit.js';
import { withUnits } from './with-units.js';

interface MoveRow {
  readonly unit: string;
  readonly from: string;
  readonly to: string;
  readonly reason: string;
}

const columns: readonly Column<MoveRow>[] = [
  { title: 'UNIT', text: ({ unit }) => unit },
  { title: 'FROM', text: ({ from }) => from },
  { title: 'TO', text: ({ to }) => to },
  { title: 'REASON', text: ({ reason }) => reason },
];

/** Shows what would move; with `--yes` it asks for that and waits until it is done. */
export function runUnitRebalance(input: CommandInput): Promise<ExitCode> {
  return withUnits(input, async (units) => {
    const table = await units.table();
    const moves = previewMoves(openBoard(table)).map(({ unit, from, to, reason }) => ({
      unit,
      from: machineName(table, from),
      to: machineName(table, to),
      reason,
    }));
    const format = textFlag(input.flags, 'output') ?? 'table';
    const say = (text: string) => (format === 'json' ? process.stderr : process.stdout).write(`${text}\n`);
    if (format === 'json' || moves.length > 0) await printRows(format, moves, columns);
    if (moves.length === 0) say('nothing to move: the machines are as even as the units allow');
    else if (isSet(input.flags, 'yes')) return carryOut(units, input, say);
    else say(`${moves.length} to move; nothing was done, --yes moves them one by one`);
    return 0;
  });
}

async function carryOut(
  units: UnitRegistry,
  input: CommandInput,
  say: (text: string) => void,
): Promise<ExitCode> {
  await units.rebalance(realClock.now());
  if (isOff(input.flags, 'block')) return 0;
  const seconds = parseSeconds('--timeout', textFlag(input.flags, 'timeout') ?? '600');
  const late = new AbortController();
  const ended = new AbortController();
  realClock.sleep(seconds * 1_000, ended.signal).then(() => late.abort());
  let isDone = false;
  for await (const { table } of units.watch(AbortSignal.any([input.signal, late.signal]))) {
    isDone = table.rebalance() === 0;
    if (isDone) break;
  }
  ended.abort();
  say(isDone ? 'done; "muster events" tells what moved' : 'not done yet; it goes on by itself');
  return isDone ? 0 : 1;
}
