// SPDX-License-Identifier: Apache-2.0

/**
 * The server as a process under load, killed again and again: at a random moment, or by itself at a point of the
 * write path. What its clients were told has to hold afterwards. MUSTER_CRASHES says how often (20),
 * MUSTER_FUZZ_SEED repeats the choices, not the timing.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { openWire } from '../conformance/wire-client.js';
import { type SeededRandom, seededRandom } from '../fuzz/seeded-random.js';
import { type History, runClients } from './clients.js';
import {
  bundleServer,
  type DeathPoint,
  deathPoints,
  type ServerProcess,
  startServer,
} from './server-process.js';
import { type Registers, readRegisters, verify } from './verify.js';

const crashes = Number(process.env.MUSTER_CRASHES ?? 20);
const seed = Number(process.env.MUSTER_FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 32));

beforeAll(bundleServer);

test(`${crashes} crashes under load, seed ${seed}`, { timeout: 30_000 + crashes * 20_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'muster-crash-'));
  const random = seededRandom(seed);
  const totals = { answered: 0 };
  try {
    for (let round = 0; round < crashes; round += 1) {
      const { before, history } = await crash(folder, random, round);
      totals.answered += history.answered;
      if (round % 3 === 0) await crashInRecovery(folder, round % 2 === 0 ? 'torn' : 'logged');
      await verifyAfter(folder, before, history);
    }
    expect(totals.answered).toBeGreaterThan(crashes * 10);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

/** Serves clients until the server dies, one way or the other. */
async function crash(folder: string, random: SeededRandom, round: number) {
  const death = chooseDeath(random, round);
  // A log that is large enough grows no more, so that point may not be reached.
  const answers = death === undefined ? 1 + random.below(400) : 600;
  return withServer(folder, death, async (server) => {
    const wire = openWire(server.url);
    try {
      const before = await readRegisters(wire);
      const onAnswer = (answered: number) => {
        if (answered >= answers) void server.kill();
      };
      const history = await runClients({ wire, random, round, onAnswer }, 8);
      await server.ended;
      return { before, history };
    } finally {
      wire.close();
    }
  });
}

/** Every second time at a point of the write path, each of them in turn. The tree is reached less often than the log. */
function chooseDeath(random: SeededRandom, round: number): DeathPoint | undefined {
  const point = deathPoints[((round - 1) / 2) % deathPoints.length];
  if (round % 2 === 0 || point === undefined) return undefined;
  const isOfTree = deathPoints.indexOf(point) >= deathPoints.indexOf('before the tree');
  return { point, time: point === 'grown' ? 1 : 2 + random.below(isOfTree ? 6 : 40) };
}

/** A start that dies when it takes up the log, if something is in it. */
async function crashInRecovery(folder: string, point: DeathPoint['point']): Promise<void> {
  const started = await startServer(folder, { point, time: 1 }).catch(() => undefined);
  await started?.kill();
}

async function verifyAfter(folder: string, before: Registers, history: History): Promise<void> {
  await withServer(folder, undefined, async (server) => {
    const wire = openWire(server.url);
    try {
      await verify(wire, before, history);
    } finally {
      wire.close();
    }
  });
}

async function withServer<T>(
  folder: string,
  death: DeathPoint | undefined,
  use: (server: ServerProcess) => Promise<T>,
): Promise<T> {
  const server = await startServer(folder, death);
  try {
    return await use(server);
  } finally {
    await server.kill();
  }
}
