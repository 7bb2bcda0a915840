// SPDX-License-Identifier: Apache-2.0

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { realClock, realRandom, silentLog } from '../../src/effects/index.js';
import { keyOf } from '../../src/etcd/index.js';
import { openStore } from '../../src/store/index.js';

const deps = { clock: realClock, random: realRandom, log: silentLog };

test('a full check finds one bit of a value that was flipped on the disk', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'muster-bit-rot-'));
  try {
    const store = await openStore(deps, { folder });
    for (const n of [1, 2, 3]) await store.kv.put({ key: keyOf(`k${n}`), value: keyOf(`the value ${n}`) });
    await store.close();
    await (await openStore(deps, { folder, verify: 'full' })).close();
    const file = join(folder, 'data.mdb');
    const bytes = await readFile(file);
    // Pages that are free again may hold older copies.
    for (let at = bytes.indexOf('the value 2'); at >= 0; at = bytes.indexOf('the value 2', at + 1)) {
      bytes[at] = bytes.readUInt8(at) ^ 0x10;
    }
    await writeFile(file, bytes);
    await expect(openStore(deps, { folder, verify: 'full' })).rejects.toMatchObject({
      code: 'store/corrupt',
      message: expect.stringContaining('checksum'),
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
