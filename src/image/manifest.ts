// SPDX-License-Identifier: Apache-2.0

import { z } from 'zod';

const fileSchema = z.strictObject({
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  sizeBytes: z.number().int().positive(),
});

/**
 * `image.json`, beside `kernel` and `initrd`. Equal packages, files of muster and source date make equal bytes of
 * all three.
 */
export const imageManifestSchema = z.strictObject({
  /** Of this record; another one is refused. */
  format: z.literal(1),
  name: z.string().min(1),
  kernel: fileSchema,
  initrd: fileSchema,
  /** Words of the kernel's command line that the image wants, before those of a machine. */
  args: z.array(z.string()).readonly(),
  /** Debian's name of the release: `trixie`. */
  suite: z.string(),
  /** As `uname -r` says on the machine. */
  kernelRelease: z.string(),
  /** Every Debian package that it was made of, with its version, by name. */
  packages: z.array(z.strictObject({ name: z.string(), version: z.string() })).readonly(),
  /** RFC 3339: the date of its newest package, or SOURCE_DATE_EPOCH. All its files bear it. */
  sourceDate: z.iso.datetime(),
  /** Of the program that made it, and is in it. */
  musterVersion: z.string(),
  /** Of its files, unpacked in memory. */
  unpackedBytes: z.number().int().positive(),
});

export type ImageManifest = z.infer<typeof imageManifestSchema>;

/** A finished image. */
export interface Image {
  /** Its folder; the files in it are named `kernel`, `initrd` and `image.json`. */
  readonly folder: string;
  readonly kernelPath: string;
  readonly initrdPath: string;
  readonly manifest: ImageManifest;
}
