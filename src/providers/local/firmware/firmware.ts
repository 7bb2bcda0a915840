// SPDX-License-Identifier: Apache-2.0

import type { Clock, HttpGet } from '../../../effects/index.js';
import { fail } from '../../errors.js';
import { bootOnce } from './interpreter.js';
import {
  type BootedKernel,
  type Demand,
  type Fetched,
  type FirmwareMachine,
  printable,
  type Result,
} from './machine.js';

export interface FirmwareDeps {
  readonly httpGet: HttpGet;
  readonly clock: Clock;
  /** The machine's console; called with one line at a time, no line end. */
  readonly console: (line: string) => void;
}

const maxScriptBytes = 64 * 1024;
/** Fetches in a row without a sleep; from then on each one waits, so that no script floods its server. */
const maxFetchesInARow = 20;

/**
 * A local machine's stand-in for iPXE: fetches the boot script, does what it says, and returns what it boots.
 * As firmware does, it waits and tries again for as long as the boot server is away; a script that is wrong in
 * itself is an error, since no waiting mends it.
 *
 * @throws `providers/firmware-stopped` once `signal` fired; `providers/script-failed`, `providers/script-ended`,
 * `providers/script-loops`, `providers/unfit-kernel`
 */
export async function runFirmware(
  deps: FirmwareDeps,
  machine: FirmwareMachine,
  signal: AbortSignal,
): Promise<BootedKernel> {
  for (let tries = 1; ; tries += 1) {
    const result = await drive(deps, machine, signal);
    if (result.kind === 'boot') return result.kernel;
    const url = machine.bootUrl;
    if (result.kind !== 'failed') throw fail('providers/script-ended', { url });
    if (!result.isFetch) throw fail('providers/script-failed', { url, why: printable(result.reason) });
    deps.console('nothing to boot, trying again');
    await deps.clock.sleep(Math.min(tries, 5) * 1000, signal);
  }
}

async function drive(deps: FirmwareDeps, machine: FirmwareMachine, signal: AbortSignal): Promise<Result> {
  const steps = bootOnce(machine);
  let fetches = 0;
  let reply: Fetched | undefined;
  for (;;) {
    if (signal.aborted) throw fail('providers/firmware-stopped');
    const step = steps.next(reply);
    if (step.done) return step.value;
    fetches = step.value.kind === 'sleep' ? 0 : fetches + (step.value.kind === 'fetch' ? 1 : 0);
    if (step.value.kind === 'fetch' && fetches > maxFetchesInARow) await deps.clock.sleep(1000, signal);
    reply = await answer(deps, step.value, signal);
  }
}

async function answer(deps: FirmwareDeps, demand: Demand, signal: AbortSignal): Promise<Fetched | undefined> {
  switch (demand.kind) {
    case 'print':
      deps.console(printable(demand.text));
      return undefined;
    case 'sleep':
      await deps.clock.sleep(demand.ms, signal);
      return undefined;
    case 'fetch': {
      const fetched = await fetchText(deps, demand.url, signal);
      const outcome = fetched.kind === 'fetched' ? 'ok' : fetched.reason;
      deps.console(printable(`${demand.url}... ${outcome}`));
      return fetched;
    }
  }
}

async function fetchText(deps: FirmwareDeps, url: string, signal: AbortSignal): Promise<Fetched> {
  try {
    const got = await deps.httpGet(url, { signal, maxBytes: maxScriptBytes });
    if (got.status !== 200) return { kind: 'not-fetched', reason: `the server answered ${got.status}` };
    if (got.body.length > maxScriptBytes) return { kind: 'not-fetched', reason: 'it is too large' };
    return { kind: 'fetched', text: new TextDecoder().decode(got.body) };
  } catch (error) {
    return { kind: 'not-fetched', reason: describe(error) };
  }
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error && error.code === 'ECONNREFUSED' ? 'connection refused' : error.message;
}
