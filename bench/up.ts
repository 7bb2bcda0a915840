// SPDX-License-Identifier: Apache-2.0

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inCluster, interleave, median, memoryOf, ms, printTable, program, time } from './measure.js';

const emptyNode = () => time(process.execPath, ['-e', '0']);

/** Three local machines from nothing to all joined, beside starting three empty Node.js processes. */
export async function benchUp(): Promise<void> {
  const samples = await interleave(7, {
    up: () => inCluster(async (folder, env) => (await time(program, ['up'], folder, env)).wallMs),
    oneByOne: async () => {
      const start = performance.now();
      for (let count = 0; count < 3; count += 1) await emptyNode();
      return performance.now() - start;
    },
    sideBySide: async () => {
      const start = performance.now();
      await Promise.all([emptyNode(), emptyNode(), emptyNode()]);
      return performance.now() - start;
    },
  });
  const up = median(samples.up ?? []);
  const oneByOne = median(samples.oneByOne ?? []);
  const sideBySide = median(samples.sideBySide ?? []);
  const goal = sideBySide * 1.5 + 1000;
  printTable('up', [
    {
      what: '`muster up`, 3 local machines, cold to all joined, median of 7',
      value: ms(up),
      beside: `3 empty Node.js side by side ${ms(sideBySide)}, one after another ${ms(oneByOne)}`,
      ratio: `${(up / sideBySide).toFixed(2)}x, ${(up / oneByOne).toFixed(2)}x`,
      goal: `1.5x side by side + 1 s = ${ms(goal)}`,
    },
  ]);
}

/** What a running cluster of three costs in memory. */
export async function benchMemory(): Promise<void> {
  await inCluster(async (folder, env) => {
    await time(program, ['up'], folder, env);
    const [control = Number.NaN] = await memoryOf(folder, ' serve');
    const agent = median(await memoryOf(folder, ' agent '));
    const row = { beside: '', ratio: '', goal: '' };
    printTable('memory (proportional set size)', [
      { what: 'control process, 3 machines', value: `${control.toFixed(0)} MiB`, ...row },
      { what: 'one agent', value: `${agent.toFixed(0)} MiB`, ...row },
    ]);
  });
}

/** A hundred local machines at once. */
export async function benchJoins(): Promise<void> {
  const count = 100;
  await inCluster(async (folder, env) => {
    await writeFile(join(folder, 'cluster.yaml'), `machines: ${count}\n`);
    const { wallMs } = await time(program, ['up', '--timeout', '300'], folder, env);
    const start = performance.now();
    await Promise.all(Array.from({ length: count }, emptyNode));
    const floor = performance.now() - start;
    printTable('joins', [
      {
        what: `${count} local machines, cold to all joined`,
        value: `${ms(wallMs)}, ${((count / wallMs) * 1000).toFixed(1)} joins/s`,
        beside: `${count} empty Node.js side by side ${ms(floor)}, ${((count / floor) * 1000).toFixed(1)}/s`,
        ratio: `${(wallMs / floor).toFixed(2)}x`,
        goal: '',
      },
    ]);
  });
}
