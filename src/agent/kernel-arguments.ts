// SPDX-License-Identifier: Apache-2.0

import { findMachineId, type MachineId } from '../model/index.js';
import { fail } from './errors.js';

/** What a machine is told on its kernel command line. Empty text: not told. */
export interface KernelArguments {
  readonly userDataUrl: string;
  readonly machineId: MachineId | undefined;
  readonly name: string;
  /** With its domain, if it has one. */
  readonly hostname: string;
  /** URLs of the store that the machine registers at; empty: it does not. */
  readonly etcdEndpoints: readonly string[];
  /** What the machine has to do with the store that all share. */
  readonly store: StoreArguments;
  /** 2 to 3600; 30 when not told. */
  readonly ttlSeconds: number;
  readonly privateIpv4: string;
  readonly publicIpv4: string;
  readonly privateIpv6: string;
  readonly publicIpv6: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** Of a network card that no DHCP server answers. */
  readonly address: CardAddress | undefined;
  /** The block device that holds the store's data. */
  readonly disk: string;
}

export interface CardAddress {
  /** Lower case, with colons. */
  readonly mac: string;
  /** `10.99.0.1/24` */
  readonly address: string;
}

export type StoreArguments =
  /** It runs a member, of this program. */
  | { readonly kind: 'member'; readonly program: string; readonly isShared: true }
  /** It reaches the store at these client URLs. */
  | {
      readonly kind: 'client';
      readonly endpoints: readonly string[];
      /** It is another store than the one at which machines register. */
      readonly isShared: boolean;
    };

const defaultTtlSeconds = 30;

/**
 * Reads a kernel command line. Of an argument that comes several times the last one that is not empty counts;
 * arguments of others are passed over. Values of `muster.…` arguments are URI-encoded.
 *
 * Source for `cloud-config-url`: coreos-cloudinit f1f0405, datasource/proc_cmdline.
 * @throws `agent/kernel-argument`
 */
export function parseKernelArguments(text: string): KernelArguments {
  const found = new Map<string, string>();
  for (const word of text.trim().split(/\s+/)) {
    const equals = word.indexOf('=');
    if (equals < 1 || equals === word.length - 1) continue;
    found.set(word.slice(0, equals).replaceAll('_', '-'), word.slice(equals + 1));
  }
  const plain = (name: string) => found.get(name.replaceAll('_', '-')) ?? '';
  const decoded = (name: string) => decode(name, plain(name));
  return {
    userDataUrl: plain('cloud-config-url'),
    machineId: readMachineId(plain('systemd.machine_id')),
    name: decoded('muster.name'),
    hostname: plain('systemd.hostname'),
    etcdEndpoints: urlsOf(plain('muster.etcd')),
    store: readStore(decoded('muster.store_member'), plain('muster.store'), plain('muster.etcd')),
    ttlSeconds: readTtl(plain('muster.ttl')),
    privateIpv4: decoded('muster.private_ipv4'),
    publicIpv4: decoded('muster.public_ipv4'),
    privateIpv6: decoded('muster.private_ipv6'),
    publicIpv6: decoded('muster.public_ipv6'),
    metadata: readMetadata(plain('muster.metadata')),
    address: readCardAddress(decoded('muster.address')),
    disk: readDisk(decoded('muster.disk')),
  };
}

function readStore(program: string, own: string, registry: string): StoreArguments {
  if (program !== '') return { kind: 'member', program, isShared: true };
  return { kind: 'client', endpoints: urlsOf(own || registry), isShared: own !== '' };
}

function urlsOf(list: string): readonly string[] {
  return list.split(',').filter((url) => url !== '');
}

/** Reads fleet's form of metadata, `key=value,key2=value2`; of a key that comes twice the last one counts. */
export function parseMetadata(text: string): Readonly<Record<string, string>> {
  return Object.fromEntries(pairsOf(text).map(([key, value]) => [key.trim(), value.trim()]));
}

function readMetadata(text: string): Readonly<Record<string, string>> {
  const name = 'muster.metadata';
  return Object.fromEntries(pairsOf(text).map(([key, value]) => [decode(name, key), decode(name, value)]));
}

function pairsOf(text: string): readonly (readonly [string, string])[] {
  return text.split(',').flatMap((pair) => {
    const equals = pair.indexOf('=');
    return equals < 1 ? [] : [[pair.slice(0, equals), pair.slice(equals + 1)] as const];
  });
}

function readMachineId(value: string): MachineId | undefined {
  if (value === '') return undefined;
  const id = findMachineId(value);
  if (id !== undefined) return id;
  throw fail('agent/kernel-argument', { name: 'systemd.machine_id', value, expected: '32 hex digits' });
}

function readCardAddress(value: string): CardAddress | undefined {
  if (value === '') return undefined;
  const [mac = '', address = '', ...rest] = value.toLowerCase().split(',');
  const isGood = /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(mac) && /^[0-9a-f.:]+\/\d{1,3}$/.test(address);
  if (isGood && rest.length === 0) return { mac, address };
  throw fail('agent/kernel-argument', {
    name: 'muster.address',
    value,
    expected: 'MAC,ADDRESS/PREFIX: 52:54:00:00:00:01,10.99.0.1/24',
  });
}

function readDisk(value: string): string {
  if (value === '' || /^\/dev\/[A-Za-z0-9._/-]+$/.test(value)) return value;
  throw fail('agent/kernel-argument', { name: 'muster.disk', value, expected: 'a device below /dev' });
}

function readTtl(value: string): number {
  if (value === '') return defaultTtlSeconds;
  const seconds = Number(value);
  if (Number.isInteger(seconds) && seconds >= 2 && seconds <= 3600) return seconds;
  throw fail('agent/kernel-argument', { name: 'muster.ttl', value, expected: 'a number from 2 to 3600' });
}

function decode(name: string, value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    throw fail('agent/kernel-argument', { name, value, expected: 'URI-encoded text' });
  }
}
