// SPDX-License-Identifier: Apache-2.0

import { z } from 'zod';
import type { ImageSpec, ProfileSpec } from './boot-spec.js';
import { quoteValue } from './data-path.js';
import { argsField, imageField, imageHint, initrdField, kernelField, readsField } from './image-fields.js';
import { told } from './schema-hint.js';
import { findDnsLabel, findMac, findUuid, textOf } from './text-format.js';
import { userDataField } from './user-data-field.js';

const label = z.string().regex(/^[A-Za-z0-9_.-]+$/, {
  error: ({ input }) => `${quoteValue(input)} is not the name of a label`,
});

const labelValue = z.string().regex(/^[^\p{Cc}]{1,256}$/u, {
  error: ({ input }) => `${quoteValue(input)} is not the value of a label`,
});

const selector = z.record(label, labelValue).transform((labels, context) => {
  const marks = { mac: findMac, uuid: findUuid } as const;
  const entries = Object.entries(labels).map(([key, value]): readonly [string, string] => {
    const find = key === 'mac' || key === 'uuid' ? marks[key] : undefined;
    if (find === undefined) return [key, value.trim()];
    const found = find(value);
    if (found !== undefined) return [key, found];
    const message = `${quoteValue(value)} is not a ${key === 'mac' ? 'MAC address' : 'UUID'}`;
    const hint =
      key === 'mac'
        ? 'write it like 52:54:00:aa:00:01'
        : 'write it like 3b4c5d6e-0000-4000-8000-000000000001';
    context.issues.push({ code: 'custom', input: value, path: [key], message, params: { hint } });
    return [key, value];
  });
  return Object.fromEntries(entries);
});

const fields = z.strictObject({
  name: told(
    textOf('the name of a profile', findDnsLabel),
    'Name of the profile, as `muster boot why` tells it.',
    'use 1 to 63 lower-case letters, digits and dashes, for example gpu',
    ['gpu'],
  ),
  selector: told(
    selector.prefault({}),
    'Labels that a machine must have, all of them: mac, uuid, serial, arch, platform, asset, manufacturer, product as its firmware says; name, role and metadata as the cluster file says. Left out: every machine.',
    'write a mapping of labels and their values, for example {arch: x86_64, rack: a1}',
    [{ arch: 'arm64' }],
  ),
  image: told(imageField.optional(), 'What they boot. Left out: the image of the cluster.', imageHint, [
    'base',
  ]),
  kernel: kernelField,
  initrd: initrdField,
  args: argsField,
  reads: readsField,
  userData: userDataField(
    "Configuration for these machines: a file that replaces the cluster's, or cloud-config keys laid over it.",
  ),
});

const profile = fields.transform((value, context): ProfileSpec => {
  const { name, selector: labels, kernel, initrd, image: named, args = [], reads, userData } = value;
  const wrong = (key: string, message: string, hint: string) => {
    context.issues.push({ code: 'custom', input: value, path: [key], message, params: { hint } });
    return z.NEVER;
  };
  if (kernel !== undefined && named !== undefined)
    return wrong('kernel', 'it has both an image and a kernel', 'keep one of the two');
  if (kernel === undefined && initrd !== undefined)
    return wrong('initrd', 'an initrd needs a kernel', 'write kernel: beside it');
  const image: ImageSpec | undefined =
    kernel === undefined
      ? named
      : { kind: 'files', kernel, initrds: initrd ?? [], args: [], reads: 'cloud-config' };
  return { name, selector: labels, image, args, reads, userData };
});

/** What machines with certain labels boot. */
export const profileFields = told(
  profile,
  'What machines with certain labels boot. The profile with most labels counts; the one without any is for all others.',
  'write a mapping, for example {name: arm, selector: {arch: arm64}, image: base-arm}',
  [{ name: 'arm', selector: { arch: 'arm64' }, image: 'base-arm' }],
);
