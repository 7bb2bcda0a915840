// SPDX-License-Identifier: Apache-2.0

import { type ErrorTable, errorsOf } from '../model/index.js';

const table = {
  'image/program-missing': {
    message: '{program} is not on this computer, and images are made with it',
    next: 'run `sudo apt-get install -y {program}`',
    httpStatus: 500,
  },
  'image/no-sources': {
    message: 'this computer has no source of Debian packages to get {suite} from',
    next: 'name a mirror in /etc/apt/sources.list; it is read, and never changed',
    httpStatus: 500,
  },
  'image/debian-failed': {
    message: 'mmdebstrap could not put together Debian {suite}: {reason}',
    next: '{advice}',
    httpStatus: 500,
  },
  'image/packing-failed': {
    message: '{program} could not pack the image: {reason}',
    next: 'look whether the disk is full, then build again',
    httpStatus: 500,
  },
  'image/no-kernel': {
    message: 'the packages of the image bring {count} kernels, and one is needed',
    next: 'leave --kernel out, or name one package, such as linux-image-amd64',
    httpStatus: 500,
  },
  'image/no-program': {
    message: 'there is no built muster in {folder} to put into the image',
    next: 'run `npm ci && npm run build` there',
    httpStatus: 500,
  },
  'image/bad-name': {
    message: '"{name}" cannot be the name of an image',
    next: 'use up to 63 of a-z, 0-9, dot, dash and underscore, a letter or digit first',
    httpStatus: 400,
  },
  'image/bad-epoch': {
    message: 'SOURCE_DATE_EPOCH is "{value}", which is no time',
    next: 'give seconds since 1970, or unset it',
    httpStatus: 400,
  },
  'image/unknown': {
    message: 'there is no image "{name}" in {folder}',
    next: '`muster image list` shows those there are; `muster image build {name}` makes it',
    httpStatus: 404,
  },
  'image/damaged': {
    message: 'the image in {folder} is damaged: {reason}',
    next: 'build it again, or remove it',
    httpStatus: 500,
  },
} as const satisfies ErrorTable;

/** The codes of this room: `docs/errors.md` is made of them. */
export const imageErrors: ErrorTable = table;

export const fail = errorsOf(table);
