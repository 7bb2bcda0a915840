// SPDX-License-Identifier: Apache-2.0

import { environment, printTable, type ResultRow, time } from './measure.js';
import { measureCalls, measurePuts } from './store-calls.js';
import { measureFanOut } from './store-fan-out.js';
import { measureMillion } from './store-million.js';
import { contenders, etcdctl, type Server, withServers } from './store-servers.js';

/** The embedded store beside etcd 3.5, one member each, both on the disk. */
export async function benchStore(): Promise<void> {
  printTable('store: calls, 10,000 keys in turn', await measureCalls('many keys'));
  printTable('store: calls, one hot key, h2load', await measureCalls('one hot key'));
  printTable('store: watch and list', await measureFanOut());
  printTable('store: 1,000,000 keys of 256 B', await measureMillion());
  printTable('store: etcdctl check perf --load=s', await measureCheckPerf());
}

/** Writes alone: what a change of how the store keeps them shows in. */
export async function benchStorePuts(): Promise<void> {
  printTable('store: puts, 10,000 keys in turn', await measurePuts());
}

/** Both at once: the load is limited to 150 writes a second. */
async function measureCheckPerf(): Promise<readonly ResultRow[]> {
  return withServers(async (servers) => {
    const told = await Promise.all(contenders.map((name) => checkPerf(servers[name])));
    const [value = '', beside = ''] = told;
    return [{ what: 'verdict', value, beside: `etcd ${beside}`, ratio: '', goal: 'PASS' }];
  });
}

async function checkPerf({ url }: Server): Promise<string> {
  const env = environment({ ETCDCTL_API: '3' });
  const { stdout } = await time(etcdctl, ['--endpoints', url, 'check', 'perf', '--load=s'], '.', env);
  // A progress bar stands before the first of them.
  return (stdout.match(/(?:PASS|FAIL)[^\r\n]*/g) ?? []).join('; ');
}
