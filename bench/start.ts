// SPDX-License-Identifier: Apache-2.0

import { environment, interleave, median, ms, printTable, program, time } from './measure.js';

/** `muster --help` beside an empty Node.js. */
export async function benchStart(): Promise<void> {
  const empty = ['-e', '0'];
  const samples = await interleave(15, {
    help: async () => (await time(program, ['--help'])).wallMs,
    node: async () => (await time(process.execPath, empty, '.', environment())).wallMs,
  });
  const help = median(samples.help ?? []);
  const node = median(samples.node ?? []);
  printTable('start', [
    {
      what: '`muster --help`, median of 15',
      value: ms(help),
      beside: `empty Node.js ${ms(node)}`,
      ratio: `${(help / node).toFixed(2)}x`,
      goal: '1.5x',
    },
  ]);
}
