// SPDX-License-Identifier: Apache-2.0

import { once } from 'node:events';
import { open, readFile, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Listening, realClock, realFiles, realRandom, withFileBytes } from '../effects/index.js';
import {
  openStore,
  parseAutoCompaction,
  restoreSnapshot,
  type StoreListen,
  type StoreOptions,
  verifySnapshot,
} from '../store/index.js';
import { type CommandInput, type ExitCode, type FlagValues, isSet, textFlag } from './command.js';
import { fail } from './errors.js';
import { listenAt } from './listen-at.js';
import { openLog } from './log.js';
import { printJson, renderTable } from './print.js';
import { serveStore } from './serve-store.js';
import { withStore } from './with-store.js';

export async function runStoreServe({ flags, signal }: CommandInput): Promise<ExitCode> {
  const urls = parseUrls(
    '--listen-client-urls',
    textFlag(flags, 'listenClientUrls') ?? 'http://127.0.0.1:2379',
  );
  const advertised = textFlag(flags, 'advertiseClientUrls');
  const clientUrls = advertised === undefined ? urls : parseUrls('--advertise-client-urls', advertised);
  const folder = resolve(textFlag(flags, 'dataDir') ?? 'default.etcd');
  const name = textFlag(flags, 'name') ?? 'default';
  const tls = await readTls(flags);
  const log = openLog('store');
  await using store = await openStore(
    { clock: realClock, random: realRandom, log },
    { folder, name, clientUrls, ...storeOptions(flags) },
  );
  const listening: Listening[] = [];
  for (const url of urls) {
    const secure = url.startsWith('https:');
    if (secure && tls === undefined) {
      throw fail('cli/usage', {
        problem: `"${url}" needs a certificate`,
        hint: 'give --cert-file and --key-file',
      });
    }
    const start = (at: StoreListen) =>
      serveStore(
        { store, log, name, clientUrls },
        { ...at, ...(secure && tls !== undefined ? { tls } : {}) },
      );
    listening.push(await listenAt('--listen-client-urls', url, start));
  }
  log.info('ready', { urls: urls.join(','), folder });
  if (!signal.aborted) await once(signal, 'abort');
  for (const one of listening) await one.close();
  return 0;
}

/** Takes a backup from whatever serves, checks it, and only then gives it its name. */
export async function runStoreBackup({ args, flags, signal }: CommandInput): Promise<ExitCode> {
  const path = resolve(args[0] ?? '');
  const partial = `${path}.partial`;
  try {
    await withStore(flags, async (store) => {
      await writeAll(partial, store.snapshot(signal));
      return 0;
    });
    signal.throwIfAborted();
    const { revision, entryCount, sizeBytes, sha256 } = await withFileBytes(partial, verifySnapshot);
    await realFiles.move(partial, path);
    const facts = { file: path, revision, entries: entryCount, sizeBytes, sha256 };
    if (textFlag(flags, 'output') === 'json') printJson(facts);
    else
      process.stdout.write(
        `saved ${path}: revision ${revision}, ${entryCount} entries, ${sizeBytes} bytes\n`,
      );
    return 0;
  } finally {
    await rm(partial, { force: true });
  }
}

export async function runStoreRestore({ args, flags }: CommandInput): Promise<ExitCode> {
  const file = resolve(args[0] ?? '');
  const folder = resolve(textFlag(flags, 'dataDir') ?? 'default.etcd');
  const options = { skipsHashCheck: isSet(flags, 'skipHashCheck') };
  const { revision, entryCount } = await withFileBytes(file, (source) =>
    restoreSnapshot({ random: realRandom }, source, folder, options),
  );
  process.stdout.write(`restored ${folder}: revision ${revision}, ${entryCount} entries\n`);
  return 0;
}

export async function runStoreStatus({ flags }: CommandInput): Promise<ExitCode> {
  return withStore(flags, async (store) => {
    const { clusterId, memberId, revision, version, dbSizeBytes, errors } = await store.status();
    const row = {
      clusterId: clusterId.toString(16),
      memberId: memberId.toString(16),
      version,
      revision,
      sizeBytes: dbSizeBytes,
      errors,
    };
    if (textFlag(flags, 'output') === 'json') printJson(row);
    else {
      const pairs = Object.entries(row).map(([key, value]) => ({ key, value: String(value) }));
      const columns = [
        { title: 'WHAT', text: ({ key }: { key: string }) => key },
        { title: 'VALUE', text: ({ value }: { value: string }) => value },
      ];
      process.stdout.write(await renderTable(pairs, columns));
    }
    return errors.length === 0 ? 0 : 1;
  });
}

export async function runStoreCompact({ args, flags }: CommandInput): Promise<ExitCode> {
  return withStore(flags, async (store) => {
    const wanted = args[0] === undefined ? (await store.status()).revision : Number(args[0]);
    if (!Number.isSafeInteger(wanted) || wanted < 1) {
      throw fail('cli/usage', {
        problem: `"${args[0]}" is no revision`,
        hint: 'give a whole number, or nothing',
      });
    }
    await store.compact(wanted, { physical: true });
    process.stdout.write(`compacted up to revision ${wanted}\n`);
    return 0;
  });
}

function storeOptions(flags: FlagValues): Pick<StoreOptions, 'quotaBytes' | 'autoCompaction'> {
  const quota = textFlag(flags, 'quotaBackendBytes');
  if (quota !== undefined && !/^\d{1,15}$/.test(quota)) {
    throw fail('cli/usage', {
      problem: `--quota-backend-bytes "${quota}" is no size`,
      hint: 'give a number of bytes',
    });
  }
  const mode = textFlag(flags, 'autoCompactionMode') ?? 'periodic';
  const retention = textFlag(flags, 'autoCompactionRetention') ?? '0';
  const autoCompaction = parseAutoCompaction(mode, retention);
  if (autoCompaction === 'invalid') {
    const hint = 'give hours or a duration (1, 30m) with periodic, a number of revisions with revision';
    throw fail('cli/usage', {
      problem: `--auto-compaction-retention "${retention}" does not fit ${mode}`,
      hint,
    });
  }
  return {
    ...(quota === undefined ? {} : { quotaBytes: Number(quota) }),
    ...(autoCompaction === undefined ? {} : { autoCompaction }),
  };
}

async function readTls(flags: FlagValues): Promise<StoreListen['tls'] | undefined> {
  const [cert, key, ca] = ['certFile', 'keyFile', 'trustedCaFile'].map((name) => textFlag(flags, name));
  if (cert === undefined && key === undefined) return undefined;
  if (cert === undefined || key === undefined) {
    throw fail('cli/usage', {
      problem: 'a certificate and its key go together',
      hint: 'give --cert-file and --key-file',
    });
  }
  return {
    cert: await readFile(cert, 'utf8'),
    key: await readFile(key, 'utf8'),
    ...(ca === undefined ? {} : { clientCa: await readFile(ca, 'utf8') }),
    clientCertAuth: isSet(flags, 'clientCertAuth'),
  };
}

/** Into a new file that only its owner may read, whatever was there: users' secrets are in it. */
async function writeAll(path: string, pieces: AsyncIterable<Uint8Array>): Promise<void> {
  await rm(path, { force: true });
  const file = await open(path, 'wx', 0o600);
  try {
    for await (const piece of pieces) await file.writeFile(piece);
    await file.sync();
  } finally {
    await file.close();
  }
}

function parseUrls(flag: string, text: string): readonly string[] {
  return text.split(',').map((url) => {
    if (URL.canParse(url) && /^https?:/.test(url)) return url;
    const hint = 'write it as http://ADDRESS:PORT, several with commas between them';
    throw fail('cli/usage', { problem: `${flag} "${url}" is no URL`, hint });
  });
}
