// SPDX-License-Identifier: Apache-2.0

import type { Clock, Files, Log } from '../../effects/index.js';
import type { MachineFolder } from '../processes/machine-record.js';

const lookEveryMs = 5_000;
/** Of one machine, with what is kept of earlier. */
const maxBytes = 4 * 1024 * 1024;
const keptBytes = 1024 * 1024;
const tailBytes = 64 * 1024;
/** A kernel that gave up this often since its machine was powered on will not do better the next time. */
const maxPanics = 3;

/** The first word of a machine that begins. */
const firmwareName = 'SeaBIOS';
const panicPattern = /Kernel panic - not syncing: ([^\r\n]*)/g;

/** What a kernel said last before it gave up; `undefined`: it did not, or its machine began anew since. */
export async function findPanic(files: Files, path: string): Promise<string | undefined> {
  const size = (await files.stat(path))?.sizeBytes ?? 0;
  const tail = await files.readPart(path, Math.max(0, size - tailBytes), tailBytes);
  const said = new TextDecoder().decode(tail);
  return panicsIn(said.slice(Math.max(0, said.lastIndexOf(firmwareName)))).at(-1);
}

function panicsIn(text: string): readonly string[] {
  const said = [...text.matchAll(panicPattern)].map(([, why = '']) => why.replaceAll(/\p{Cc}/gu, ' ').trim());
  // The kernel says it once more behind the trace of its calls.
  return said.filter((why) => !why.endsWith(']---'));
}

interface Watched {
  /** How far its console was read. */
  readBytes: number;
  panics: number;
  /** The last look saw a panic, and nothing came since. */
  isStuck: boolean;
}

export interface ConsoleDeps {
  readonly clock: Clock;
  readonly files: Files;
  readonly log: Log;
  /** Machines that are on. */
  readonly machines: () => Promise<readonly MachineFolder[]>;
  readonly reset: (at: MachineFolder) => Promise<unknown>;
  readonly end: (at: MachineFolder) => Promise<unknown>;
}

/**
 * Looks after the consoles of virtual machines until `signal` fires: keeps each file small, whoever floods it, and begins a
 * machine anew whose kernel gave up and stays there; one that does so three times is ended, which tells why.
 */
export async function keepConsoles(deps: ConsoleDeps, signal: AbortSignal): Promise<void> {
  const watched = new Map<string, Watched>();
  while (!signal.aborted) {
    const machines = await deps.machines();
    for (const name of watched.keys()) if (!machines.some((one) => one.name === name)) watched.delete(name);
    for (const at of machines) {
      await lookAt(deps, watched, at).catch((error: unknown) => {
        deps.log.warn('cannot look after a console', { machine: at.name, reason: String(error) });
      });
    }
    await deps.clock.sleep(lookEveryMs, signal);
  }
}

async function lookAt(deps: ConsoleDeps, watched: Map<string, Watched>, at: MachineFolder): Promise<void> {
  const { files, log } = deps;
  const size = (await files.stat(at.console))?.sizeBytes ?? 0;
  // What was said before this process looked is over.
  const one = watched.get(at.name) ?? { readBytes: size, panics: 0, isStuck: false };
  watched.set(at.name, one);
  const from = size < one.readBytes ? 0 : Math.max(one.readBytes, size - tailBytes);
  const fresh = new TextDecoder().decode(await files.readPart(at.console, from, size - from));
  one.readBytes = size;
  const panics = panicsIn(fresh);
  one.panics += panics.length;
  for (const why of panics) log.warn('the kernel of a machine gave up', { machine: at.name, why });
  if (one.panics >= maxPanics) await deps.end(at);
  else if (one.isStuck && fresh === '') await deps.reset(at);
  one.isStuck = panics.length > 0;
  if (size <= maxBytes) return;
  await shorten(files, at.console, size);
  one.readBytes = 0;
}

/** QEMU goes on at the end of the file, wherever that is by then. */
async function shorten(files: Files, path: string, size: number): Promise<void> {
  const kept = await files.readPart(path, size - keptBytes, keptBytes);
  await files.write(`${path}.old`, kept ?? '');
  await files.truncate(path, 0);
}
