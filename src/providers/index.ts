// SPDX-License-Identifier: Apache-2.0

/**
 * providers: makes machines exist. It hides what a machine is (a process of this computer, a virtual machine on it, one in a rack), where its
 * addresses come from, and how it is found again after a crash of muster.
 *
 * A provider is a folder that exports a `Provider`, and a line in the list below. It decides nothing: the
 * engine says what is powered on and when. It never looks into a machine's configuration.
 */
import type { OptionParser } from '../spec/index.js';
import { fail } from './errors.js';
import { localProvider } from './local/index.js';
import { metalProvider } from './metal/index.js';
import type { Provider, ProviderDeps, WayIn } from './provider.js';
import { qemuProvider } from './qemu/index.js';

export { providersErrors } from './errors.js';
export { type BootedKernel, type FirmwareDeps, type FirmwareMachine, runFirmware } from './local/index.js';
export type {
  ClusterNetwork,
  ControlDoor,
  Host,
  HostedMachine,
  HostFaults,
  LinkFaults,
  MachineEnd,
  MachineOrder,
  Provider,
  ProviderContext,
  ProviderDeps,
  SshPlace,
  WayIn,
} from './provider.js';
export { controlPlace } from './provider.js';

export { findSshKey, openSshKey, sshCommand } from './ssh/ssh.js';

/** All there are; a new one is added by hand. */
export const providers: readonly Provider[] = [localProvider, qemuProvider, metalProvider];

/** By provider name, as the cluster file's parser takes them. */
export const optionParsers: ReadonlyMap<string, OptionParser> = new Map(
  providers.map(({ name, parseOptions }) => [name, parseOptions] as const),
);

/** How to come into the network of the cluster with this folder, whichever provider made it. */
export async function findWayIn(deps: Pick<ProviderDeps, 'exec' | 'files'>, folder: string): Promise<WayIn> {
  const ways = await Promise.all(providers.map((one) => one.findWayIn(deps, folder)));
  return ways.find(({ words }) => words.length > 0) ?? { words: [], isInside: true };
}

/** The provider of this name. Throws `providers/unknown-provider`. */
export function findProvider(name: string): Provider {
  const provider = providers.find((one) => one.name === name);
  if (provider !== undefined) return provider;
  throw fail('providers/unknown-provider', { name, known: providers.map((one) => one.name).join(', ') });
}
