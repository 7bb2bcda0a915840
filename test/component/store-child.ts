// SPDX-License-Identifier: Apache-2.0

/**
 * Run by the store's tests as a process of its own: opens the store in the folder of its first argument, says
 * `ready`, and writes until it is killed or told to stop. Each line on stdout is one acknowledged write.
 */
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { realClock, realRandom, silentLog } from '../../src/effects/index.js';
import { type Kv, keyOf } from '../../src/etcd/index.js';
import { isMusterError } from '../../src/model/index.js';
import { openStore } from '../../src/store/index.js';

const [, , folder = '', mode = 'write'] = process.argv;
const say = (line: string) => process.stdout.write(`${line}\n`);

const store = await openStore({ clock: realClock, random: realRandom, log: silentLog }, { folder });
say('ready');
if (mode === 'hold') process.stdin.resume();
else if (mode === 'fill') await fill(store.kv);
else for (let writer = 0; writer < 16; writer += 1) void write(store.kv, writer);

/** Both keys of a pair get the same number in one txn; every tenth write is a lease. */
async function write(kv: Kv, writer: number): Promise<void> {
  for (let n = await lastOf(kv, writer); ; n += 1) {
    const value = new Uint8Array([...keyOf(String(n)), ...new Uint8Array(writer * 50).fill(0x20)]);
    const put = (name: string) =>
      ({ kind: 'put', request: { key: keyOf(`${name}${writer}`), value } }) as const;
    const { revision } = await kv.txn({ compare: [], success: [put('left'), put('right')], failure: [] });
    say(`wrote ${writer} ${n} ${revision}`);
    if (n % 10 === 0) say(`leased ${(await kv.grantLease(600)).id}`);
    if (n % 50 === 0) await kv.compact(revision).catch(() => {});
  }
}

async function lastOf(kv: Kv, writer: number): Promise<number> {
  const found = (await kv.range({ key: keyOf(`left${writer}`) })).kvs[0];
  return found === undefined ? 1 : Number(Buffer.from(found.value).toString('latin1')) + 1;
}

/** Writes until the disk is full, then shows that reading goes on, and writing once there is room. */
async function fill(kv: Kv): Promise<void> {
  const put = (n: number) => kv.put({ key: keyOf(`k${n}`), value: new Uint8Array(20_000).fill(1) });
  const refused = await untilRefused(put);
  const { count, revision } = await kv.range({ key: keyOf('k'), rangeEnd: keyOf('l') });
  say(`full ${refused.code} wrote=${refused.written} reads=${count} revision=${revision}`);
  await rm(join(dirname(folder), 'ballast'));
  say(`again ${(await put(0)).revision}`);
  await store.close();
}

async function untilRefused(put: (n: number) => Promise<unknown>) {
  for (let n = 0; ; n += 1) {
    try {
      await put(n);
    } catch (error) {
      return { code: isMusterError(error) ? error.code : String(error), written: n };
    }
  }
}
