// SPDX-License-Identifier: Apache-2.0

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { BootAsset, BootImage } from '../../boot/index.js';
import { type Download, type Log, realClock } from '../../effects/index.js';
import type { ImageFile, ImageSpec } from '../../spec/index.js';

/** A built image's files, as far as machines need them. */
export interface BuiltImage {
  /** Absolute paths. */
  readonly kernel: string;
  readonly initrd: string;
  readonly args: readonly string[];
}

export interface BootImageDeps {
  /** Paths of the cluster file start here. */
  readonly folder: string;
  /** Where files that were fetched are kept, under their checksum. */
  readonly cache: string;
  readonly findBuilt: (name: string) => Promise<BuiltImage | undefined>;
  readonly download: Download;
  readonly log: Log;
}

/** The images of a cluster file as files that machines can fetch. */
export interface BootImages {
  /** Another number whenever an image is not what it was. */
  version(): number;
  /** What is known of an image now; one that was never asked for is looked at from then on. */
  imageOf(image: ImageSpec): BootImage;
  /** Resolves once every image that was asked for has been looked at; those that are fetched are not waited for. */
  settled(): Promise<void>;
  /** Looks for changed files every few seconds, until `signal` fires. */
  run(signal: AbortSignal): Promise<void>;
}

interface Entry {
  readonly image: ImageSpec;
  known: BootImage;
  look: Promise<void> | undefined;
}

const lookEveryMs = 3_000;

export function openBootImages(deps: BootImageDeps): BootImages {
  const entries = new Map<string, Entry>();
  const state = { version: 0 };
  const files = openImageFiles(deps, () => {
    for (const entry of entries.values()) void look(entry);
  });
  const look = (entry: Entry) => {
    entry.look ??= resolveImage(deps, files, entry.image).then((found) => {
      entry.look = undefined;
      if (JSON.stringify(found) === JSON.stringify(entry.known)) return;
      entry.known = found;
      state.version += 1;
      const why = found.kind === 'away' ? { why: found.why } : {};
      deps.log.info(`image ${found.kind}`, { image: nameOf(entry.image), ...why });
    });
    return entry.look;
  };
  return {
    version: () => state.version,
    imageOf(image) {
      const key = JSON.stringify(image);
      const known = entries.get(key);
      if (known !== undefined) return known.known;
      const why = `the image ${nameOf(image)} is looked at`;
      const entry: Entry = { image, known: { kind: 'away', why }, look: undefined };
      entries.set(key, entry);
      void look(entry);
      return entry.known;
    },
    async settled() {
      await Promise.all([...entries.values()].map((entry) => entry.look));
    },
    async run(signal) {
      while (!signal.aborted) {
        await realClock.sleep(lookEveryMs, signal);
        await Promise.all([...entries.values()].map(look));
      }
      files.stop();
    },
  };
}

function nameOf(image: ImageSpec): string {
  return image.kind === 'built' ? image.name : describe(image.kernel);
}

function describe(file: ImageFile): string {
  return file.kind === 'path' ? file.path : basename(new URL(file.url).pathname) || file.url;
}

type FoundFile = { readonly asset: BootAsset } | { readonly why: string };

async function resolveImage(deps: BootImageDeps, files: ImageFiles, image: ImageSpec): Promise<BootImage> {
  try {
    const parts = image.kind === 'files' ? image : await builtParts(deps, image.name);
    if ('why' in parts) return { kind: 'away', why: parts.why };
    const [kernel, ...initrds] = await Promise.all([parts.kernel, ...parts.initrds].map(files.find));
    const lacking = [kernel, ...initrds].find((found) => found !== undefined && 'why' in found);
    if (lacking !== undefined && 'why' in lacking) return { kind: 'away', why: lacking.why };
    const assets = initrds.flatMap((found) => ('asset' in found ? [found.asset] : []));
    if (kernel === undefined || 'why' in kernel) return { kind: 'away', why: 'it has no kernel' };
    const args = image.kind === 'built' ? [...parts.args, ...image.args] : image.args;
    return { kind: 'ready', kernel: kernel.asset, initrds: assets, args };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { kind: 'away', why: `the image ${nameOf(image)} cannot be read: ${why}` };
  }
}

async function builtParts(deps: BootImageDeps, name: string) {
  const built = await deps.findBuilt(name);
  if (built === undefined) return { why: `there is no image "${name}" here, see muster image list` };
  const file = (path: string): ImageFile => ({ kind: 'path', path, sha256: undefined });
  return { kernel: file(built.kernel), initrds: [file(built.initrd)], args: built.args };
}

interface ImageFiles {
  readonly find: (file: ImageFile) => Promise<FoundFile>;
  readonly stop: () => void;
}

/** Checksums are taken once for each state of a file; URLs are fetched once, in the background. */
function openImageFiles(deps: BootImageDeps, onFetched: () => void): ImageFiles {
  const hashed = new Map<string, BootAsset>();
  const fetches = new Map<string, Fetch>();
  const ended = new AbortController();
  const assetOf = async (path: string): Promise<BootAsset | undefined> => {
    const found = await stat(path).catch(() => undefined);
    if (found === undefined || !found.isFile()) return undefined;
    const known = hashed.get(path);
    if (known?.sizeBytes === found.size && known.modifiedMs === found.mtimeMs) return known;
    const asset = { path, sha256: await hashFile(path), sizeBytes: found.size, modifiedMs: found.mtimeMs };
    hashed.set(path, asset);
    return asset;
  };
  const find = async (file: ImageFile): Promise<FoundFile> => {
    const path = file.kind === 'path' ? resolve(deps.folder, file.path) : join(deps.cache, file.sha256);
    const asset = await assetOf(path);
    const isRight = asset !== undefined && (file.sha256 === undefined || file.sha256 === asset.sha256);
    if (isRight) return { asset };
    if (file.kind === 'path') {
      const what =
        asset === undefined ? 'is not there' : `has the checksum ${asset.sha256}, not ${file.sha256}`;
      return { why: `${file.path} ${what}` };
    }
    const running = fetches.get(file.url);
    if (running !== undefined && !running.isOver(realClock.monotonic())) return { why: running.why() };
    const started = startFetch(deps, file, path, onFetched, ended.signal);
    fetches.set(file.url, started);
    return { why: started.why() };
  };
  return { find, stop: () => ended.abort() };
}

interface Fetch {
  readonly why: () => string;
  /** Whether another try may begin. */
  readonly isOver: (now: number) => boolean;
}

const retryAfterMs = 30_000;

function startFetch(
  deps: BootImageDeps,
  file: Extract<ImageFile, { readonly kind: 'url' }>,
  path: string,
  onFetched: () => void,
  signal: AbortSignal,
): Fetch {
  const name = describe(file);
  const state: { why: string; tenths: number; retryAt?: number } = {
    why: `${name} is being fetched`,
    tenths: 0,
  };
  const onProgress = (bytes: number, total: number | undefined) => {
    const tenths = total === undefined ? 0 : Math.floor((bytes / total) * 10);
    if (tenths <= state.tenths || total === undefined) return;
    state.tenths = tenths;
    state.why = `${name} is being fetched, ${tenths * 10} % of ${Math.ceil(total / 2 ** 20)} MiB`;
    deps.log.info('fetching a file of an image', { url: file.url, bytes, total });
  };
  const run = async () => {
    const partial = `${path}.partial`;
    await mkdir(deps.cache, { recursive: true, mode: 0o755 });
    await rm(partial, { force: true });
    try {
      await deps.download(file.url, partial, { signal, redirects: 5, onProgress });
      const sha256 = await hashFile(partial);
      if (sha256 !== file.sha256) throw new Error(`it has the checksum ${sha256}, not ${file.sha256}`);
      await rename(partial, path);
    } finally {
      await rm(partial, { force: true });
    }
  };
  const over = (why: string, retryAt: number) => {
    state.why = why;
    state.retryAt = retryAt;
    if (!signal.aborted) onFetched();
  };
  run().then(
    () => over(`${name} is there`, realClock.monotonic()),
    (error: unknown) => {
      const why = error instanceof Error ? error.message : String(error);
      deps.log.warn('cannot fetch a file of an image', { url: file.url, why });
      over(`${name} cannot be fetched: ${why}`, realClock.monotonic() + retryAfterMs);
    },
  );
  return {
    why: () => state.why,
    isOver: (now) => state.retryAt !== undefined && now >= state.retryAt,
  };
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 2 ** 20 }), hash);
  return hash.digest('hex');
}
