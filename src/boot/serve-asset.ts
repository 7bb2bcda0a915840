// SPDX-License-Identifier: Apache-2.0

import type { OpenFile } from '../effects/index.js';
import { parseRange } from './byte-range.js';
import { fail } from './errors.js';
import type { BootAsset, BootPlan } from './plan.js';

/** How far the transfer of a file has got. */
export interface AssetProgress {
  readonly bytes: number;
  readonly total: number;
}

// No state of its own: plans never change, so an index is a function of its plan and goes with it.
const indexes = new WeakMap<BootPlan, ReadonlyMap<string, BootAsset>>();

/** The file of an image of the plan with this checksum: nothing else on this computer is ever opened. */
export function findAsset(plan: BootPlan, sha256: string): BootAsset | undefined {
  const known = indexes.get(plan) ?? indexAssets(plan);
  indexes.set(plan, known);
  return known.get(sha256);
}

function indexAssets({ profiles }: BootPlan): ReadonlyMap<string, BootAsset> {
  const assets = profiles.flatMap(({ image }) =>
    image.kind === 'ready' ? [image.kernel, ...image.initrds] : [],
  );
  return new Map(assets.map((asset) => [asset.sha256, asset]));
}

/**
 * A file, or the part that is asked for, as a stream: the memory it takes does not grow with the file. `onProgress` is
 * called for transfers of the whole, at the start and after each piece.
 *
 * @throws `boot/no-such-asset`, `boot/asset-changed`
 */
export async function serveAsset(
  asset: BootAsset,
  request: Request,
  openFile: OpenFile,
  onProgress: (progress: AssetProgress) => void,
): Promise<Response> {
  const headers = assetHeaders(asset);
  if (request.headers.get('if-none-match')?.includes(headers.etag) === true)
    return new Response(null, { status: 304, headers });
  const opened = await openFile(asset.path);
  if (opened === undefined) throw fail('boot/no-such-asset');
  if (opened.sizeBytes !== asset.sizeBytes || opened.modifiedMs !== asset.modifiedMs) {
    await opened.close();
    throw fail('boot/asset-changed', { path: asset.path });
  }
  const { sizeBytes } = asset;
  const condition = request.headers.get('if-range');
  const wanted = condition === null || condition === headers.etag ? request.headers.get('range') : null;
  const range = parseRange(wanted, sizeBytes);
  const isHead = request.method === 'HEAD';
  if (range.kind === 'unfit' || isHead || sizeBytes === 0) await opened.close();
  if (range.kind === 'unfit')
    return new Response(null, {
      status: 416,
      headers: { ...headers, 'content-range': `bytes */${sizeBytes}`, 'content-length': '0' },
    });
  if (range.kind === 'whole') {
    const whole = { ...headers, 'content-length': String(sizeBytes) };
    if (isHead || sizeBytes === 0) return new Response(null, { headers: whole });
    onProgress({ bytes: 0, total: sizeBytes });
    const onRead = (bytes: number) => onProgress({ bytes, total: sizeBytes });
    return new Response(opened.stream(0, sizeBytes, onRead), { headers: whole });
  }
  const { start, end } = range;
  const part = {
    ...headers,
    'content-length': String(end - start),
    'content-range': `bytes ${start}-${end - 1}/${sizeBytes}`,
  };
  return new Response(isHead ? null : opened.stream(start, end), { status: 206, headers: part });
}

function assetHeaders({ sha256 }: BootAsset) {
  return {
    'content-type': 'application/octet-stream',
    'accept-ranges': 'bytes',
    etag: `"${sha256}"`,
    // Source: RFC 9530
    'repr-digest': `sha-256=:${Buffer.from(sha256, 'hex').toString('base64')}:`,
    'cache-control': 'public, max-age=31536000, immutable',
    'x-content-type-options': 'nosniff',
  };
}
