// SPDX-License-Identifier: Apache-2.0

import { z } from 'zod';
import { type ImageFile, type ImageSpec, systemConfigs } from './boot-spec.js';
import { quoteValue } from './data-path.js';
import { told } from './schema-hint.js';
import { textOf } from './text-format.js';

const sha256 = told(
  textOf('a SHA-256 checksum', (text) =>
    /^[0-9a-f]{64}$/i.test(text) ? text.toLowerCase() : undefined,
  ).optional(),
  'SHA-256 of the file. A file with another one is not served.',
  'write the 64 hex digits that `sha256sum FILE` prints',
);

const isUrl = (text: string) => /^[a-z][a-z0-9+.-]*:\/\//i.test(text);

const filePath = z.string().refine((text) => text.trim() !== '' && !text.includes('\0'), {
  error: 'the path of a file is expected here',
});

const fileUrl = z
  .string()
  .refine((text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol) && !/\s/.test(text), {
    error: ({ input }) => `${quoteValue(input)} is not an http or https URL`,
  });

const fileFields = z.strictObject({
  path: told(filePath.optional(), 'A file beside the cluster file.', 'write the path of a file'),
  url: told(
    fileUrl.optional(),
    'Where the control process fetches the file, once; it needs a checksum.',
    'write an http or https URL',
  ),
  sha256,
});

const file = z.union([filePath, fileFields]).transform((value, context): ImageFile => {
  const wrong = (message: string, hint: string, key?: string) => {
    const path = key === undefined ? [] : [key];
    context.issues.push({ code: 'custom', input: value, path, message, params: { hint } });
    return z.NEVER;
  };
  const needsChecksum = 'write {url: …, sha256: …}, with the checksum that its publisher names';
  if (typeof value === 'string') {
    if (isUrl(value)) return wrong('a URL needs the checksum of its file', needsChecksum);
    return { kind: 'path', path: value, sha256: undefined };
  }
  const { path, url, sha256: checksum } = value;
  if (path !== undefined && url !== undefined)
    return wrong('it has both a path and a URL', 'keep one', 'url');
  if (path !== undefined) return { kind: 'path', path, sha256: checksum };
  if (url === undefined) return wrong('neither a path nor a URL is written', 'write path: or url:');
  if (checksum === undefined) return wrong('a URL needs the checksum of its file', needsChecksum, 'url');
  return { kind: 'url', url, sha256: checksum };
});

const fileHint = 'write a path, or {url: …, sha256: …}, or {path: …, sha256: …}';

export const kernelField = told(file.optional(), 'The kernel.', fileHint, ['images/vmlinuz']);

export const initrdField = told(
  z
    .union([file, z.array(file).max(16)])
    .transform((value): readonly ImageFile[] => ('kind' in value ? [value] : value))
    .optional(),
  'The initrd, or a list of them, which the kernel sees joined in this order.',
  fileHint,
  ['images/initrd.img'],
);

const word = z.string().refine((text) => text !== '' && !/[\p{Cc}]/u.test(text), {
  error: ({ input }) => `${quoteValue(input)} is not a kernel argument`,
});

export const argsField = told(
  z
    .union([z.string(), z.array(word)])
    .transform((value): readonly string[] =>
      typeof value === 'string' ? value.split(/\s+/).filter((one) => one !== '') : value,
    )
    .optional(),
  'Kernel arguments.',
  'write them in one text with blanks between, or as a list, for example [console=ttyS0]',
  [['console=ttyS0']],
);

export const readsField = told(
  z
    .enum(systemConfigs, {
      error: ({ input }) => `${quoteValue(input)} is none of ${systemConfigs.join(', ')}`,
    })
    .optional(),
  'What the system reads when it boots: cloud-config, or Ignition, made for Flatcar or Fedora CoreOS. Left out: cloud-config.',
  'write cloud-config, flatcar or fcos',
  ['cloud-config'],
);

export const imageName = textOf('the name of an image', (text) =>
  /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/.test(text) ? text : undefined,
);

const imageFields = z.strictObject({
  name: told(imageName.optional(), 'A built image.', 'write a name that `muster image list` shows', ['base']),
  kernel: kernelField,
  initrd: initrdField,
  args: argsField,
  reads: readsField,
});

/** The name of a built image, or a mapping of kernel, initrd and arguments. */
export const imageField = z.union([imageName, imageFields]).transform((value, context): ImageSpec => {
  if (typeof value === 'string') return { kind: 'built', name: value, args: [], reads: 'cloud-config' };
  const { name, kernel, initrd: initrds = [], args = [], reads = 'cloud-config' } = value;
  const wrong = (message: string, hint: string, key?: string) => {
    const path = key === undefined ? [] : [key];
    context.issues.push({ code: 'custom', input: value, path, message, params: { hint } });
    return z.NEVER;
  };
  if (name !== undefined) {
    const other = kernel !== undefined ? 'kernel' : value.initrd !== undefined ? 'initrd' : undefined;
    if (other === undefined) return { kind: 'built', name, args, reads };
    return wrong(`a built image has its own ${other}`, `take out name, or ${other}`, other);
  }
  if (kernel === undefined) return wrong('an image has a name or a kernel', 'write name: or kernel:');
  return { kind: 'files', kernel, initrds, args, reads };
});

export const imageHint = 'write the name of a built image, or a mapping of kernel, initrd and args';
