// SPDX-License-Identifier: Apache-2.0

import { z } from 'zod';
import type { Clock, DialUnix } from '../../effects/index.js';

/** One command of QEMU's machine protocol. */
export interface QmpCommand {
  readonly execute: string;
  readonly arguments?: Readonly<Record<string, unknown>>;
}

const answerSchema = z.union([
  z.object({ QMP: z.unknown() }),
  z.object({ return: z.unknown() }),
  z.object({ error: z.object({ desc: z.string() }) }),
  z.object({ event: z.string() }),
]);

const limitMs = 3_000;

/**
 * Has QEMU do one thing, in a conversation of its own: the monitor speaks with one at a time. Returns what it answered.
 *
 * Source: qemu docs/interop/qmp-spec.rst (greeting, then `qmp_capabilities`, then commands; events come in between)
 * @throws an `Error` when there is no such machine, it refuses, or does not answer within three seconds
 */
export async function runQmp(
  { clock, dialUnix }: { readonly clock: Clock; readonly dialUnix: DialUnix },
  socket: string,
  command: QmpCommand,
): Promise<unknown> {
  const line = await dialUnix(socket);
  const done = new AbortController();
  const late = clock.sleep(limitMs, done.signal).then(() => line.close());
  try {
    return await converse(line.lines, (text) => line.send(text), command);
  } finally {
    done.abort();
    await late;
    line.close();
  }
}

async function converse(lines: AsyncIterable<string>, send: (text: string) => void, command: QmpCommand) {
  const waiting: QmpCommand[] = [{ execute: 'qmp_capabilities' }, command];
  for await (const text of lines) {
    const answer = answerSchema.parse(JSON.parse(text));
    if ('event' in answer) continue;
    if ('error' in answer) throw new Error(`QEMU refuses "${command.execute}": ${answer.error.desc}`);
    const next = waiting.shift();
    if (next === undefined) return 'return' in answer ? answer.return : undefined;
    send(JSON.stringify(next));
  }
  throw new Error(`QEMU does not answer to "${command.execute}"`);
}
