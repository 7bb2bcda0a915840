// SPDX-License-Identifier: Apache-2.0

import { z } from 'zod';
import { quoteValue, told } from '../../spec/index.js';
import { isDropInName } from '../node-path.js';
import { cleanPath, mode, node, resource, textLike } from './schema-parts.js';

const text = z.string().optional();
const flag = z.boolean().optional();
const count = z.int().min(0).optional();
const texts = z.array(z.string()).optional();
const name = z.string().min(1, { error: 'a name is expected here, not an empty text' });

const file = told(
  z
    .strictObject({ ...node, mode, contents: resource.optional(), append: z.array(resource).optional() })
    .refine((file) => file.overwrite !== true || file.contents?.source !== undefined, {
      path: ['overwrite'],
      error: 'a file that overwrites has contents with a source',
    }),
  'One file.',
  'write a mapping, for example {"path": "/etc/motd", "mode": 420, "contents": {"source": "data:,hello"}}',
);

const directory = told(
  z.strictObject({ ...node, mode }),
  'One directory.',
  'write a mapping, for example {"path": "/srv", "mode": 493}',
);

const link = told(
  z.strictObject({ ...node, target: name, hard: flag }),
  'One link.',
  'write a mapping, for example {"path": "/etc/localtime", "target": "../usr/share/zoneinfo/UTC"}',
);

const partition = z.strictObject({
  number: count,
  label: text,
  sizeMiB: count,
  startMiB: count,
  typeGuid: text,
  guid: text,
  wipePartitionEntry: flag,
  shouldExist: flag,
  resize: flag,
});

const clevis = z.strictObject({
  tang: z.array(z.strictObject({ url: text, thumbprint: text, advertisement: text })).optional(),
  tpm2: flag,
  threshold: count,
  custom: z.strictObject({ pin: text, config: text, needsNetwork: flag }).optional(),
});

const storage = z.strictObject({
  disks: z
    .array(z.strictObject({ device: cleanPath, wipeTable: flag, partitions: z.array(partition).optional() }))
    .optional(),
  raid: z
    .array(z.strictObject({ name, level: text, devices: z.array(cleanPath), spares: count, options: texts }))
    .optional(),
  filesystems: z
    .array(
      z.strictObject({
        device: cleanPath,
        format: textLike('a file system of Ignition', (one) =>
          /^(ext4|btrfs|xfs|swap|vfat|none)$/.test(one),
        ).optional(),
        path: textLike('an absolute path', (one) => one.startsWith('/')).optional(),
        wipeFilesystem: flag,
        label: text,
        uuid: text,
        options: texts,
        mountOptions: texts,
      }),
    )
    .optional(),
  luks: z
    .array(
      z.strictObject({
        name,
        device: cleanPath.optional(),
        keyFile: resource.optional(),
        label: text,
        uuid: text,
        options: texts,
        openOptions: texts,
        discard: flag,
        wipeVolume: flag,
        clevis: clevis.optional(),
        cex: z.strictObject({ enabled: flag }).optional(),
      }),
    )
    .optional(),
  directories: z.array(directory).optional(),
  files: z.array(file).optional(),
  links: z.array(link).optional(),
});

const unitName = told(
  z
    .string()
    .regex(/^[^/\0]+\.(service|socket|device|mount|automount|swap|target|path|timer|snapshot|slice|scope)$/, {
      error: ({ input }) => `${quoteValue(input)} is not the name of a unit`,
    }),
  'Name of the unit.',
  'write a name with its kind, for example hello.service; files of networkd belong to storage.files, below /etc/systemd/network',
  ['hello.service'],
);

const unit = told(
  z.strictObject({
    name: unitName,
    enabled: flag,
    mask: flag,
    contents: text,
    dropins: z
      .array(
        z.strictObject({
          name: told(
            z.string().refine(isDropInName, {
              error: ({ input }) => `${quoteValue(input)} is not the name of a drop-in`,
            }),
            'Name of the drop-in.',
            'write a file name that ends in .conf, for example 10-limits.conf',
          ),
          contents: text,
        }),
      )
      .optional(),
  }),
  'One unit.',
  'write a mapping, for example {"name": "hello.service", "enabled": true, "contents": "[Service]…"}',
);

const user = z.strictObject({
  name,
  passwordHash: text,
  sshAuthorizedKeys: texts,
  uid: count,
  gecos: text,
  homeDir: text,
  noCreateHome: flag,
  primaryGroup: text,
  groups: texts,
  noUserGroup: flag,
  noLogInit: flag,
  shell: text,
  shouldExist: flag,
  system: flag,
});

const group = z.strictObject({ name, gid: count, passwordHash: text, shouldExist: flag, system: flag });

const merged = resource.refine(({ source = '' }) => source !== '', {
  path: ['source'],
  error: 'a source is missing',
});

const head = z.strictObject({
  version: z.string(),
  config: z.strictObject({ merge: z.array(merged).optional(), replace: resource.optional() }).optional(),
  timeouts: z.strictObject({ httpResponseHeaders: count, httpTotal: count }).optional(),
  security: z
    .strictObject({ tls: z.strictObject({ certificateAuthorities: z.array(merged).optional() }).optional() })
    .optional(),
  proxy: z.strictObject({ httpProxy: text, httpsProxy: text, noProxy: texts }).optional(),
});

/**
 * Ignition spec 3, all keys of 3.0 to 3.6; which of them a version has is `findTooNew`'s business.
 *
 * Source: coreos/ignition v2.26, config/v3_0 to v3_6, types/schema.go and the Validate methods beside it.
 */
export const ignitionSchema = told(
  z.strictObject({
    ignition: told(head, 'About the config itself.', 'write {"version": "3.3.0"}'),
    storage: told(
      storage,
      'Disks, files and links.',
      'write a mapping, for example {"files": []}',
    ).optional(),
    systemd: told(
      z.strictObject({ units: z.array(unit).optional() }),
      'Units.',
      'write {"units": []}',
    ).optional(),
    passwd: told(
      z.strictObject({ users: z.array(user).optional(), groups: z.array(group).optional() }),
      'Users and groups.',
      'write {"users": [{"name": "core", "sshAuthorizedKeys": []}]}',
    ).optional(),
    kernelArguments: z.strictObject({ shouldExist: texts, shouldNotExist: texts }).optional(),
  }),
  'An Ignition config.',
  'write a mapping with "ignition": {"version": "3.3.0"}',
);

/** An Ignition config of spec 3, checked. */
export type IgnitionConfig = z.output<typeof ignitionSchema>;

export type IgnitionFile = z.output<typeof file>;
export type IgnitionUnit = z.output<typeof unit>;
export type IgnitionUser = z.output<typeof user>;
