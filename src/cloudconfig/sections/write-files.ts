// SPDX-License-Identifier: Apache-2.0

import { z } from 'zod';
import { type DataProblem, quoteValue, told } from '../../spec/index.js';
import type { CloudFile } from '../cloud-config.js';
import { decodeContent, encodings } from '../file-content.js';
import { findPathFault } from '../node-path.js';
import { checkItems, type Gunzip, type Section } from '../section.js';

const key = ['write_files'];

const owner = /^[\w.-]+(:[\w.-]+)?$/;
const permissions = /^0?[0-7]{3,4}$/;

const path = z.string().superRefine((text, context) => {
  const message = findPathFault(text);
  if (message !== undefined) context.addIssue({ code: 'custom', message });
});

const fieldsOf = z.strictObject({
  path: told(
    path,
    'Where the file is written.',
    'write an absolute path without "..", for example /etc/motd',
    ['/etc/motd'],
  ),
  content: told(z.string().default(''), 'What is in the file.', 'write text; several lines go below a "|"', [
    'hello\n',
  ]),
  owner: told(
    z
      .string()
      .regex(owner, { error: ({ input }) => `${quoteValue(input)} is not an owner` })
      .optional(),
    'User, or user and group.',
    'write user or user:group, for example root:root',
    ['root'],
  ),
  permissions: told(
    z
      .string()
      .regex(permissions, { error: ({ input }) => `${quoteValue(input)} are not permissions` })
      .default('0644'),
    'Permission bits in octal.',
    "write three or four octal digits, for example '0644'",
    ['0644'],
  ),
  encoding: told(
    z.enum(encodings).optional(),
    'How the content is packed.',
    `write one of ${encodings.join(', ')}`,
    ['base64'],
  ),
});

const fields = told(fieldsOf, 'One file.', 'write a mapping, for example {path: /etc/motd, content: hello}');

const schema = told(
  z.array(fields),
  'Files that are written before any unit starts.',
  'write a list of {path, content}',
);

/** Stands for a file that could not be read. */
const noFile: Fields = { path: '', content: '', permissions: '0644' };

/** All packed files together, unpacked: by an alias a small text may name one large content many times. */
const maxTotalBytes = 64 * 1024 * 1024;

/** `write_files`: files in order; a later one of the same path wins. */
export const writeFiles: Section = {
  key,
  schema,
  parse: (value, context) => {
    const room = { bytes: maxTotalBytes };
    return checkItems(key, value, schema, { item: fields, hole: noFile }, context, (files) => {
      const read = files.map((file, index) => toFile(file, index, room, context.gunzip));
      return {
        part: { writeFiles: read.map(({ file }) => file) },
        problems: read.flatMap(({ problems }) => problems),
      };
    });
  },
  render: ({ writeFiles: files }) => (files.length === 0 ? undefined : files.map(fromFile)),
  lay: (base, over) => {
    const paths = new Set(over.writeFiles.map((file) => file.path));
    return { writeFiles: [...base.writeFiles.filter((file) => !paths.has(file.path)), ...over.writeFiles] };
  },
  plan: ({ writeFiles: files }) =>
    files.map((file, index) => ({
      phase: 'files',
      action: { kind: 'write-file', ...file, reason: `write_files[${index}]` },
    })),
};

type Fields = z.output<typeof fields>;

const tooMuch = {
  kind: 'bad',
  message: 'the files before it come to more than 64 MiB, unpacked',
  hint: 'fetch large files on the machine, by a unit',
} as const;

interface ReadFile {
  readonly file: CloudFile;
  readonly problems: readonly DataProblem[];
}

/** Of content that cannot be unpacked nothing is left. */
function toFile(
  { path, content: written, encoding: packing, owner = '', permissions }: Fields,
  index: number,
  room: { bytes: number },
  gunzip: Gunzip | undefined,
): ReadFile {
  const mode = Number.parseInt(permissions, 8);
  const decoded = room.bytes < 0 ? tooMuch : decodeContent(written, packing, gunzip);
  if (decoded.kind === 'bad') {
    const { message, hint } = decoded;
    const place = { path: [...key, index, 'content'], at: 'value' } as const;
    return {
      file: { path, content: '', encoding: 'utf8', owner, mode },
      problems: [{ severity: 'error', rule: 'wrong-value', ...place, message, hint }],
    };
  }
  const { content, encoding } = decoded;
  if (encoding === 'base64') room.bytes -= content.length;
  return { file: { path, content, encoding, owner, mode }, problems: [] };
}

function fromFile(file: CloudFile): Readonly<Record<string, unknown>> {
  return {
    path: file.path,
    permissions: `0${file.mode.toString(8).padStart(3, '0')}`,
    ...(file.owner !== '' && { owner: file.owner }),
    ...(file.encoding === 'base64' && { encoding: 'base64' }),
    content: file.content,
  };
}
