// SPDX-License-Identifier: Apache-2.0

/** What the system tells of a file system, as Node's `statfs` has it. */
interface FileSystem {
  readonly bsize: number;
  readonly bfree: number;
  /** Of `bfree`, for all but root. */
  readonly bavail: number;
}

/**
 * How many bytes a user may still write. Some file systems keep a share back for root, ext4 a twentieth, in which nobody
 * else finds room.
 */
export function freeBytesFor(user: number | undefined, { bsize, bfree, bavail }: FileSystem): number {
  return (user === 0 ? bfree : bavail) * bsize;
}
