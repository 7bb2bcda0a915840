// SPDX-License-Identifier: Apache-2.0

import { z } from 'zod';
import { bootstrapKinds } from '../model/index.js';
import type { BackupSpec, StoreSpec } from './cluster-spec.js';
import { quoteValue } from './data-path.js';
import { imageField, imageHint } from './image-fields.js';
import { machineFields } from './machine-fields.js';
import { profileFields } from './profile-fields.js';
import { rebootLockField } from './reboot-lock-fields.js';
import { told } from './schema-hint.js';
import { findDnsLabel, findDnsName, findIp, findSeconds, textOf, wholeNumber } from './text-format.js';
import { userDataField } from './user-data-field.js';

/** As many as anybody could tell apart. */
const maxProfiles = 200;

/** As many machines as one cluster may have. */
const maxMachines = 1000;

const agentTtl = z.union([z.number(), z.string()]).transform((value, context): number => {
  const seconds = findSeconds(String(value));
  if (seconds !== undefined && seconds >= 2 && seconds <= 3600) return seconds;
  const message = `${quoteValue(value)} is not a time from 2s to 1h`;
  context.issues.push({ code: 'custom', input: value, message });
  return z.NEVER;
});

const storeKind = z.enum(['embedded', 'etcd'], {
  error: ({ input }) => `${quoteValue(input)} is not a store`,
});

const embedded = { kind: 'embedded' } as const;
const etcdDefaults = {
  kind: 'etcd',
  bootstrap: undefined,
  size: undefined,
  replaceAfterSeconds: undefined,
  program: 'etcd',
} as const;

/** Best long against a reboot, a new kernel, a walk to the rack; short to see it done. */
const replaceAfter = z.union([z.number(), z.string()]).transform((value, context): number => {
  const seconds = findSeconds(String(value));
  if (seconds !== undefined && seconds >= 10 && seconds <= 31 * 86_400) return seconds;
  const message = `${quoteValue(value)} is not a time from 10s to 744h`;
  context.issues.push({ code: 'custom', input: value, message });
  return z.NEVER;
});

const storeFields = z.strictObject({
  kind: storeKind.default('embedded'),
  bootstrap: told(
    z.enum(bootstrapKinds, { error: ({ input }) => `${quoteValue(input)} is not a way to begin` }).optional(),
    'How the members begin, and how others find them. "static": all at once; "seed": one, to which the others are added; "discovery": all at once, under a token by which other machines can join them; "srv": all at once, and the control process serves the DNS zone of "domain". Left out: as the user-data says, else static.',
    'write static, seed, discovery or srv',
    ['static'],
  ),
  size: told(
    wholeNumber(1, 99).optional(),
    'With bootstrap discovery: how many members found the cluster. More than this file has: the rest are machines of others.',
    'write a number from 1 to 99, at least as many as there are members',
    [3],
  ),
  replaceAfter: told(
    replaceAfter.optional(),
    'A member whose machine is away for this long is removed, as long as two others are left. Left out: it is waited for.',
    'write a time that is long against reboots, from 10s to 744h, for example 24h',
    ['24h'],
  ),
  program: told(
    z.string().min(1).optional(),
    'The etcd to run: a name that is looked for on PATH, or a path.',
    'write the path of an etcd 3.4 or later, or leave it out',
    ['/usr/bin/etcd'],
  ),
});

const store = z.union([storeKind, storeFields]).transform((value, context): StoreSpec => {
  if (value === 'embedded') return embedded;
  if (value === 'etcd') return etcdDefaults;
  const { kind, bootstrap, size, replaceAfter: replaceAfterSeconds, program = etcdDefaults.program } = value;
  if (kind === 'etcd') return { kind, bootstrap, size, replaceAfterSeconds, program };
  for (const key of ['bootstrap', 'size', 'replaceAfter', 'program'] as const) {
    if (value[key] === undefined) continue;
    context.issues.push({
      code: 'custom',
      input: value[key],
      path: [key],
      message: `the embedded store has no "${key}"`,
    });
  }
  return embedded;
});

const backupEvery = z.union([z.number(), z.string()]).transform((value, context): number => {
  const seconds = findSeconds(String(value));
  if (seconds !== undefined && seconds >= 10 && seconds <= 31 * 86_400) return seconds;
  const message = `${quoteValue(value)} is not a time from 10s to 744h`;
  context.issues.push({ code: 'custom', input: value, message });
  return z.NEVER;
});

const backup = z
  .strictObject({
    every: told(
      backupEvery.prefault('1h'),
      'How often. Seconds, or a time like 30m or 1h.',
      'write whole seconds from 10, or a time like 30m or 1h',
      ['1h', 600],
    ),
    keep: told(
      wholeNumber(1, 10_000).default(24),
      'How many are kept; older ones are removed.',
      'write a number from 1 to 10000',
      [24],
    ),
    dir: told(
      z.string().min(1).default('backups'),
      'The folder they are kept in, relative to the cluster file; best on another disk.',
      'write the path of a folder',
      ['backups'],
    ),
  })
  .transform(({ every, keep, dir }): BackupSpec => ({ everySeconds: every, keep, dir }))
  .optional();

const control = z.strictObject({
  address: told(
    textOf('an IP address', (text) => (text === '' ? '' : findIp(text))).default(''),
    'Address on which the control process listens. Empty: the provider gives one, on loopback for local machines.',
    'write an IPv4 or IPv6 address of this computer, or leave it out',
    ['127.0.0.1'],
  ),
  port: told(
    wholeNumber(1, 65535).default(7979),
    'Port for booting machines, status and commands.',
    'write a port that is free, for example 7979',
    [7979],
  ),
  etcdPort: told(
    wholeNumber(1, 65535).default(2379),
    'Port on which the store speaks the etcd protocol.',
    'write a port that is free, for example 2379',
    [2379],
  ),
  dnsPort: told(
    wholeNumber(1, 65535).default(53),
    'Port for DNS, with bootstrap srv. Resolvers ask at 53 and nowhere else.',
    'write a port that is free, for example 53',
    [53],
  ),
  dnsSuffix: told(
    textOf('a DNS label', (text) => (text === '' ? '' : findDnsLabel(text))).default(''),
    'With bootstrap srv, what SRV names end with: _etcd-server-blue for blue. Empty: discovery-srv-name of the user-data.',
    'write the --discovery-srv-name that etcd is given, or leave it out',
    ['blue'],
  ),
});

const provider = z.union([z.string(), z.looseObject({ name: z.string().optional() })]).optional();

const machines = z.union([wholeNumber(1, maxMachines), z.array(machineFields).max(maxMachines)]);

const fields = z.strictObject({
  name: told(
    textOf('a cluster name', findDnsLabel).default('muster'),
    'Name of the cluster; tells two clusters on one computer apart.',
    'use 1 to 63 lower-case letters, digits and dashes, for example muster',
    ['muster'],
  ),
  domain: told(
    textOf('a DNS domain', findDnsName).default('muster.internal'),
    'DNS domain of the machines: core-01 is core-01.muster.internal.',
    'use lower-case names joined by dots, for example muster.internal',
    ['muster.internal'],
  ),
  store: told(
    store.prefault('embedded'),
    'The store that the machines share. "embedded": in the control process; "etcd": an etcd on each machine of role member.',
    'write embedded or etcd',
    ['embedded', 'etcd'],
  ),
  backup: told(
    backup,
    'Backups of the etcd of the machines. None are taken when left out.',
    'write a mapping of every, keep, dir',
    [{ every: '1h', keep: 24, dir: 'backups' }],
  ),
  provider: told(
    provider,
    'Who makes the machines: a name, or a mapping of name and options.',
    'write the name of a provider, or a mapping that has it as name, beside its options',
    ['local'],
  ),
  control: told(
    control.prefault({}),
    'Where the control process listens.',
    'write a mapping of address, port, etcdPort',
  ),
  agentTtl: told(
    agentTtl.optional(),
    'A machine that is silent for this long is lost. Seconds, or a time like 10s or 1m30s.',
    'write whole seconds from 2 to 3600, or a time like 10s or 1m30s',
    ['10s', 30],
  ),
  rebootLock: rebootLockField,
  machines: told(
    machines.prefault(3),
    'How many machines (core-01, core-02, …), or a list that describes each. An empty list: none yet, they are accepted as they come.',
    'write a number from 1 to 1000, or a list of machines',
    [3, [{ name: 'core-01', mac: '52:54:00:aa:00:01' }]],
  ),
  image: told(
    imageField.optional(),
    'What the machines boot: a built image, or kernel, initrd and arguments. Processes of this computer boot nothing.',
    imageHint,
    ['base', { kernel: 'vmlinuz', initrd: 'initrd.img' }],
  ),
  profiles: told(
    z.array(profileFields).max(maxProfiles).default([]),
    'What machines with certain labels boot instead. Most labels count first.',
    'write a list of profiles',
  ),
  userData: userDataField(
    'Configuration for every machine: a cloud-config file beside this one, or cloud-config keys.',
  ),
});

/** The cluster file as an operator writes it; every field has a default. */
export const clusterFileFields = told(
  fields,
  'Describes one cluster of machines. Every field has a default; an empty file is a cluster of three.',
  'write keys with values, for example machines: 3',
);

/** A cluster file whose fields are right one by one. */
export type ClusterFile = z.output<typeof clusterFileFields>;
