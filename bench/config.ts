// SPDX-License-Identifier: Apache-2.0

import { readFileSync } from 'node:fs';
import { compileMachine, substitute, validateUserData } from '../src/cloudconfig/index.js';
import { type MachineFacts, machineId } from '../src/model/index.js';
import { environment, interleave, median, ms, printTable, program, time } from './measure.js';

const file = 'test/corpus/etcd2-discovery.yaml';
const machines = 10_000;

/** Checking and rendering the configs of many machines, and of one file beside an empty Node.js. */
export async function benchConfig(): Promise<void> {
  const text = readFileSync(file, 'utf8');
  const shared = rateOf(machines, () => renderShared(text));
  const first = rateOf(machines, () => validateAll(text));
  const [before, after] = [first.rssMiB, rateOf(machines, () => validateAll(text)).rssMiB];
  const samples = await interleave(9, {
    validate: async () => (await time(program, ['config', 'validate', file])).wallMs,
    node: async () => (await time(process.execPath, ['-e', '0'], '.', environment())).wallMs,
  });
  const [one, node] = [median(samples.validate ?? []), median(samples.node ?? [])];
  printTable('config', [
    {
      what: `validate one file of ${text.length} bytes and render it for ${machines} machines`,
      value: `${shared.perSecond}/s per core`,
      beside: '',
      ratio: '',
      goal: '10000/s per core',
    },
    {
      what: `render ${machines} texts, and validate each as a text of its own`,
      value: `${first.perSecond}/s per core`,
      beside: '',
      ratio: '',
      goal: '10000/s per core',
    },
    {
      what: 'memory after that, and after as many again',
      value: `${before} MiB, ${after} MiB`,
      beside: '',
      ratio: '',
      goal: 'flat',
    },
    {
      what: '`muster config validate FILE`, median of 9',
      value: ms(one),
      beside: `empty Node.js ${ms(node)}`,
      ratio: `${(one / node).toFixed(2)}x`,
      goal: '',
    },
  ]);
}

/** By processor time: the computer may be busy with other work. */
function rateOf(count: number, work: () => void): { readonly perSecond: number; readonly rssMiB: number } {
  const start = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(start);
  const rssMiB = Math.round(process.memoryUsage.rss() / 1024 / 1024);
  return { perSecond: Math.round((count * 1e6) / (user + system)), rssMiB };
}

function renderShared(text: string): void {
  const compiled = compileMachine({ cluster: { kind: 'text', file, text }, machine: undefined });
  const { issues } = validateUserData(Buffer.from(text));
  if (compiled.kind !== 'ok' || issues.some(({ severity }) => severity === 'error')) throw new Error(file);
  for (let index = 0; index < machines; index++) substitute(compiled.config.userData, factsOf(index));
}

function validateAll(text: string): void {
  for (let index = 0; index < machines; index++) {
    const rendered = Buffer.from(substitute(text, factsOf(index)));
    const { issues } = validateUserData(rendered);
    if (issues.some(({ severity }) => severity === 'error')) throw new Error(file);
  }
}

function factsOf(index: number): MachineFacts {
  const address = `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`;
  return {
    machineId: machineId(index.toString(16).padStart(32, '0')),
    name: `core-${index}`,
    hostname: `core-${index}.example.org`,
    privateIpv4: address,
    publicIpv4: address,
    privateIpv6: '',
    publicIpv6: '',
  };
}
