// SPDX-License-Identifier: Apache-2.0

import { readFile } from 'node:fs/promises';
import { fetchUserData, parseKernelArguments } from '../../agent/index.js';
import { type LogFields, realClock, silentLog } from '../../effects/index.js';
import { type FlagValues, isSet, textFlag } from '../command.js';
import { fail } from '../errors.js';
import { pinnedGet } from '../pinned-get.js';
import { readUserDataBytes } from './user-data-bytes.js';

/** As often as the original; the pauses between them come to a minute. */
const fetchTries = 15;

/**
 * User-data from the one place that the command line names: a file or `-`, a URL, the kernel command line. `undefined`
 * when `signal` fired first.
 *
 * @throws `cli/usage`, `cli/user-data-missing`, and what fetching throws
 */
export async function readUserDataSource(
  file: string | undefined,
  flags: FlagValues,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  const url = textFlag(flags, 'fromUrl');
  const isFromKernel = isSet(flags, 'fromProcCmdline');
  const named = [file !== undefined, url !== undefined, isFromKernel].filter((isNamed) => isNamed).length;
  if (named !== 1) {
    const problem = named === 0 ? 'no user-data is named' : 'several user-data are named';
    throw fail('cli/usage', { problem, hint: 'give one of FILE, --from-url and --from-proc-cmdline' });
  }
  if (file !== undefined) return readUserDataBytes(file);
  return fetchPinned(url ?? (await kernelUrl()), textFlag(flags, 'caFile'), signal);
}

async function fetchPinned(
  url: string,
  caFile: string | undefined,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  const deps = {
    clock: realClock,
    log: { ...silentLog, warn: (text: string, { reason }: LogFields = {}) => warn(`${text}: ${reason}`) },
    httpGet: await pinnedGet(caFile),
  };
  return fetchUserData(deps, url, signal, { tries: fetchTries });
}

function warn(text: string): void {
  process.stderr.write(`${text}\n`);
}

async function kernelUrl(): Promise<string> {
  const { userDataUrl } = parseKernelArguments(await readFile('/proc/cmdline', 'utf8'));
  if (userDataUrl !== '') return userDataUrl;
  throw fail('cli/usage', {
    problem: 'the kernel command line names no user-data',
    hint: 'boot with cloud-config-url=URL, or give --from-url URL',
  });
}
