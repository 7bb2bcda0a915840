// SPDX-License-Identifier: Apache-2.0

import { z } from 'zod';
import { quoteValue, told } from '../../spec/index.js';
import { decodeDataUrl } from './data-url.js';

/** Refuses text for which `isRight` is false, and quotes it. Empty text counts as left out, as in Ignition. */
export function textLike(what: string, isRight: (text: string) => boolean) {
  return z.string().refine((text) => text === '' || isRight(text), {
    error: ({ input }) => `${quoteValue(input)} is not ${what}`,
  });
}

/** Absolute, and as short as it can be said: no `.`, `..`, doubled or closing slash. */
export function isCleanPath(path: string): boolean {
  return /^(\/|(\/(?!\.\.?(\/|$))[^/\0]+)+)$/.test(path);
}

export const cleanPath = told(
  z.string().refine(isCleanPath, {
    error: ({ input }) => `${quoteValue(input)} is not a path that is absolute and clean`,
  }),
  'Absolute path.',
  'write an absolute path without ".", "..", doubled slashes or one at the end, for example /etc/motd',
  ['/etc/motd'],
);

const schemes = ['http:', 'https:', 'tftp:', 's3:', 'gs:', 'arn:'];

function isSource(text: string): boolean {
  if (text.startsWith('data:')) return decodeDataUrl(text) !== undefined;
  return URL.canParse(text) && schemes.includes(new URL(text).protocol);
}

const hash = /^(sha256-[0-9a-f]{64}|sha512-[0-9a-f]{128})$/i;

const header = z.strictObject({
  name: z.string().min(1, { error: 'a header has a name' }),
  value: z.string().min(1, { error: 'the value of a header is not empty' }).optional(),
});

/** Something fetched: the content of a file, another config, a certificate. */
export const resource = told(
  z
    .strictObject({
      source: told(
        textLike('a URL that Ignition can fetch', isSource).optional(),
        'Where the bytes come from.',
        'write a data: URL such as data:,hello%0A, or one with http, https, tftp, s3, gs or arn',
        ['data:,hello%0A'],
      ),
      compression: told(
        z
          .enum(['', 'gzip'], { error: ({ input }) => `${quoteValue(input)} is no compression of Ignition` })
          .optional(),
        'How the bytes are packed.',
        'write gzip, or leave it out',
        ['gzip'],
      ),
      httpHeaders: z.array(header).optional(),
      verification: z
        .strictObject({
          hash: told(
            z
              .string()
              .regex(hash, { error: ({ input }) => `${quoteValue(input)} is not a hash` })
              .optional(),
            'Of the bytes, unpacked.',
            'write sha512- or sha256- and the digits that sha512sum or sha256sum prints',
          ),
        })
        .optional(),
    })
    .superRefine(({ source = '', httpHeaders = [], verification }, context) => {
      const say = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message });
      if (verification?.hash !== undefined && source === '')
        say(['verification', 'hash'], 'there is a hash, and no source that it could be of');
      if (httpHeaders.length > 0 && !/^https?:/.test(source))
        say(['httpHeaders'], 'headers are sent with http and https only');
    }),
  'Bytes that are fetched.',
  'write a mapping, for example {"source": "data:,hello"}',
);

const owner = told(
  z
    .strictObject({ id: z.int().min(0).optional(), name: z.string().optional() })
    .refine(({ id, name = '' }) => id === undefined || name === '', {
      error: 'an owner has an id or a name, not both',
    }),
  'An owner.',
  'write {"id": 500} or {"name": "core"}',
);

/** What files, directories and links have in common. */
export const node = {
  path: cleanPath,
  overwrite: z.boolean().optional(),
  user: owner.optional(),
  group: owner.optional(),
};

export const mode = told(
  z
    .int()
    .refine((bits) => bits >= 0 && bits <= 0o7777, {
      error: ({ input }) => `${quoteValue(input)} is no mode of a file`,
    })
    .optional(),
  'Permission bits as a decimal number.',
  'JSON has no octal numbers: write 420 for 0644, 493 for 0755, 384 for 0600',
  [420],
);
