// SPDX-License-Identifier: Apache-2.0

import { dirname, join } from 'node:path';
import { type Files, type Random, randomHex } from '../../effects/index.js';
import type { MemberDisk } from '../../model/index.js';
import { inspectDataDir, ownFolder } from './data-dir.js';

/** The data dir of a machine's member, and what the runner does to it. */
export interface MemberDiskFolder {
  /** What is there while etcd runs: changes nothing. `undefined`: no data yet. */
  peek(): Promise<MemberDisk | undefined>;
  /**
   * What is there while nothing runs; mints a nonce when that is nothing. What an etcd that was started on an empty
   * disk left behind without becoming a member is removed first.
   */
  settle(): Promise<MemberDisk>;
  /**
   * Before etcd is started on an empty disk: makes the folder, and notes on the disk that the nonce is used up.
   * Until data is seen, whatever lies there is known to be the rest of that start.
   */
  consume(nonce: string): Promise<void>;
  /** Deletes everything. Cut short, it leaves all of the member's data or none. */
  wipe(): Promise<void>;
  /** An empty folder on the same file system, for as long as nothing is settled or wiped. */
  makeWorkFolder(): Promise<string>;
  /** Puts the data in place that was made in `folder`, which is a data dir too. */
  adopt(folder: string): Promise<void>;
}

export function openMemberDisk(
  deps: { readonly files: Files; readonly random: Random },
  dataDir: string,
): MemberDiskFolder {
  const { files, random } = deps;
  const own = join(dataDir, ownFolder);
  const mark = join(own, 'started');
  const wipe = async () => {
    const names = ((await files.list(dataDir)) ?? []).filter((name) => name !== ownFolder);
    const trash = join(own, 'trash');
    await files.remove(trash);
    await files.makeFolder(trash, 0o700);
    // Half of a log could be taken for the whole by etcd: gone in one step, and only then deleted.
    for (const name of names) await files.move(join(dataDir, name), join(trash, name));
    await files.remove(own);
  };
  const makeFolder = async (path: string) => {
    await files.makeFolder(dirname(path));
    await files.makeFolder(path, 0o700);
    await files.chmod(path, 0o700);
  };
  const empty = (): MemberDisk => ({ kind: 'empty', nonce: randomHex(random, 16) });
  return {
    async peek() {
      const found = await inspectDataDir(files, dataDir);
      return found.kind === 'data' ? found : undefined;
    },
    async settle() {
      try {
        const isOurs = (await files.stat(mark)) !== undefined;
        const found = await inspectDataDir(files, dataDir);
        if (found.kind === 'half-made' && isOurs) {
          await wipe();
          return empty();
        }
        await files.remove(own);
        if (found.kind !== 'half-made') return found.kind === 'empty' ? empty() : found;
        return { kind: 'unreadable', reason: `there is "${found.file}", and no write-ahead log` };
      } catch (error) {
        return { kind: 'unreadable', reason: error instanceof Error ? error.message : String(error) };
      }
    },
    async consume(nonce) {
      await makeFolder(dataDir);
      await makeFolder(own);
      await files.write(mark, `${nonce}\n`, { isDurable: true });
    },
    wipe,
    async makeWorkFolder() {
      const work = join(own, 'work');
      await files.remove(work);
      await makeFolder(work);
      return work;
    },
    adopt: (folder) => files.move(join(folder, 'member'), join(dataDir, 'member')),
  };
}
