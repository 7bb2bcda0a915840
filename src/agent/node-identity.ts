// SPDX-License-Identifier: Apache-2.0

import type { Files, Random } from '../effects/index.js';
import { randomHex } from '../effects/index.js';
import { findMachineId, type MachineFacts, type MachineId, machineId } from '../model/index.js';
import { parseEnvironmentFile } from './environment.js';
import type { KernelArguments } from './kernel-arguments.js';
import { ensureFolder, resolveInRoot } from './node-root.js';

interface IdentityDeps {
  readonly files: Files;
  readonly random: Random;
}

/** Folders that every system has and a node that is only a folder has not. */
const nodeFolders: readonly (readonly [string, number])[] = [
  ['/etc', 0o755],
  ['/run', 0o755],
  ['/tmp', 0o1777],
  ['/var/lib', 0o755],
  ['/var/log', 0o755],
  ['/var/tmp', 0o1777],
  ['/root', 0o700],
  ['/home/core', 0o755],
];

/**
 * Does for a node that is only a folder what a real machine has when it has booted: makes its folders, and
 * forgets the runtime units of the boot before.
 */
export async function prepareRoot(files: Files, root: string): Promise<void> {
  if (root === '/') return;
  await files.remove(await resolveInRoot(files, root, '/run/systemd'));
  for (const [path, mode] of nodeFolders) await ensureFolder(files, root, path, mode);
}

/**
 * Collects what is known of the machine, and writes its ID to `/etc/machine-id`: the one that the command line
 * tells, else the one that is there, else a new one.
 */
export async function collectFacts(
  deps: IdentityDeps,
  root: string,
  args: KernelArguments,
  ownAddresses: () => readonly string[] = () => [],
): Promise<MachineFacts> {
  const id = await settleMachineId(deps, root, args.machineId);
  const written = await readNodeFile(deps.files, root, '/etc/hostname');
  const name = args.name || written || id.slice(0, 8);
  const own = args.privateIpv4 === '' ? chooseAddresses(ownAddresses()) : { privateIpv4: '', publicIpv4: '' };
  const privateIpv4 = args.privateIpv4 || own.privateIpv4;
  return {
    machineId: id,
    name,
    hostname: args.hostname || name,
    privateIpv4,
    publicIpv4: args.publicIpv4 || own.publicIpv4 || privateIpv4,
    privateIpv6: args.privateIpv6,
    publicIpv6: args.publicIpv6 || args.privateIpv6,
  };
}

/** Of a machine's addresses the first that is private, and the first that is not. Source: RFC 1918, 3. */
function chooseAddresses(addresses: readonly string[]): { privateIpv4: string; publicIpv4: string } {
  const isPrivate = (address: string) => /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.)/.test(address);
  const publicIpv4 = addresses.find((address) => !isPrivate(address)) ?? '';
  return { privateIpv4: addresses.find(isPrivate) ?? publicIpv4, publicIpv4 };
}

/** Names of the environment, and of `/etc/environment`, that hold addresses. Source: coreos-cloudinit f1f0405, initialize/env.go. */
type AddressVariables = Readonly<Record<string, string | undefined>>;

/**
 * What can be known of a machine by looking at it, with nothing written: for one that muster did not boot. Addresses
 * are those of `COREOS_PRIVATE_IPV4` and its kin, from `environment` or from the node's `/etc/environment`.
 */
export async function readFacts(
  files: Files,
  root: string,
  environment: AddressVariables,
): Promise<MachineFacts> {
  const known: AddressVariables = {
    ...parseEnvironmentFile((await readNodeFile(files, root, '/etc/environment')) ?? ''),
    ...environment,
  };
  const hostname = (await readNodeFile(files, root, '/etc/hostname')) ?? '';
  const id = findMachineId((await readNodeFile(files, root, '/etc/machine-id')) ?? '');
  return {
    machineId: id ?? machineId('0'.repeat(32)),
    name: hostname.split('.')[0] ?? '',
    hostname,
    privateIpv4: known.COREOS_PRIVATE_IPV4 ?? '',
    publicIpv4: known.COREOS_PUBLIC_IPV4 ?? '',
    privateIpv6: known.COREOS_PRIVATE_IPV6 ?? '',
    publicIpv6: known.COREOS_PUBLIC_IPV6 ?? '',
  };
}

async function settleMachineId(
  { files, random }: IdentityDeps,
  root: string,
  told: MachineId | undefined,
): Promise<MachineId> {
  const found = findMachineId((await readNodeFile(files, root, '/etc/machine-id')) ?? '');
  const id = told ?? found ?? machineId(randomHex(random, 16));
  if (id === found) return id;
  await ensureFolder(files, root, '/etc');
  const place = await resolveInRoot(files, root, '/etc/machine-id');
  await files.write(place, `${id}\n`, { mode: 0o444 });
  return id;
}

async function readNodeFile(files: Files, root: string, path: string): Promise<string | undefined> {
  const place = await resolveInRoot(files, root, path, { last: 'follow', absoluteLinks: 'node' });
  return (await files.readText(place))?.trim();
}
