// SPDX-License-Identifier: Apache-2.0

import { z } from 'zod';
import { quoteValue } from './data-path.js';
import { told } from './schema-hint.js';
import { findDnsLabel, findIpv4, findIpv6, findMac, findUuid, textOf } from './text-format.js';
import { userDataField } from './user-data-field.js';

const metadataKey = z.string().regex(/^[A-Za-z0-9_.-]+$/, {
  error: ({ input }) => `${quoteValue(input)} is not a metadata key`,
});

const metadataValue = z.string().regex(/^[^,\p{Cc}]*$/u, {
  error: ({ input }) => `${quoteValue(input)} is not a metadata value`,
});

const fields = z.strictObject({
  name: told(
    textOf('a machine name', findDnsLabel).optional(),
    'Name of the machine, its host name unless its user-data has another. Left out: core-01 for the first, and so on.',
    'use 1 to 63 lower-case letters, digits and dashes, for example core-01',
    ['core-01'],
  ),
  mac: told(
    textOf('a MAC address', findMac).optional(),
    'MAC address by which a booting machine is known.',
    'write the six bytes of the network card, for example 52:54:00:aa:00:01',
    ['52:54:00:aa:00:01'],
  ),
  uuid: told(
    textOf('a UUID', findUuid).optional(),
    'SMBIOS UUID by which a booting machine is known.',
    'write it like 3b4c5d6e-0000-4000-8000-000000000001',
    ['3b4c5d6e-0000-4000-8000-000000000001'],
  ),
  serial: told(
    z
      .string()
      .trim()
      .regex(/^[^\p{Cc}]{1,64}$/u, { error: ({ input }) => `${quoteValue(input)} is not a serial number` })
      .optional(),
    'Serial number by which a booting machine is known.',
    'write the 1 to 64 characters that the firmware shows',
    ['SN-000001'],
  ),
  role: told(
    z.enum(['member', 'proxy']).default('member'),
    'member: may carry a part of the store; proxy: only reaches it.',
    'write member or proxy',
    ['member'],
  ),
  metadata: told(
    z.record(metadataKey, metadataValue).default({}),
    'Labels of the machine, by which units are placed.',
    'use letters, digits, "_", "." and "-" for keys, and values of one line without commas',
    [{ rack: 'a1' }],
  ),
  privateIpv4: ipv4Field('Address inside the cluster. Left out: the provider gives one.', '10.0.0.11'),
  publicIpv4: ipv4Field('Address outside of the cluster. Left out: the private one.', '192.0.2.11'),
  privateIpv6: ipv6Field('IPv6 address inside the cluster.', 'fd00::11'),
  publicIpv6: ipv6Field('IPv6 address outside of the cluster.', '2001:db8::11'),
  userData: userDataField(
    "Configuration for this machine: a file that replaces the cluster's, or cloud-config keys laid over it.",
  ),
});

/** One machine of the list as an operator writes it. */
export const machineFields = told(
  fields,
  'One machine of the cluster.',
  'write a mapping, for example {name: core-01, mac: "52:54:00:aa:00:01"}',
);

/** A machine of the list whose fields are right one by one. */
export type MachineFields = z.output<typeof machineFields>;

function ipv4Field(description: string, example: string) {
  const hint = `write four numbers, for example ${example}`;
  return told(textOf('an IPv4 address', findIpv4).default(''), description, hint, [example]);
}

function ipv6Field(description: string, example: string) {
  const hint = `write an IPv6 address, for example ${example}`;
  return told(textOf('an IPv6 address', findIpv6).default(''), description, hint, [example]);
}
