// SPDX-License-Identifier: Apache-2.0

import type { ControlDoor } from '../providers/index.js';
import type { ClusterSpec } from '../spec/index.js';

/** The two faces of a control process. */
export interface ControlUrls {
  readonly controlUrl: string;
  readonly etcdUrl: string;
}

/** Where machines find the control process, and where it listens for that; nothing where there is no other way. */
export function planDoor(
  door: ControlDoor | undefined,
  { port, etcdPort }: ClusterSpec['control'],
): { readonly told: ControlUrls; readonly listen: ControlUrls } | undefined {
  if (door === undefined) return undefined;
  const urlsAt = (address: string): ControlUrls => ({
    controlUrl: `http://${address}:${door.portOf(port)}`,
    etcdUrl: `http://${address}:${door.portOf(etcdPort)}`,
  });
  return { told: urlsAt(door.address), listen: urlsAt(door.listenAddress) };
}

/** A URL of a machine as this computer reaches it. */
export function reachUrl(reach: Readonly<Record<string, string>>, url: string): string {
  const host = URL.canParse(url) ? new URL(url).hostname : '';
  const there = reach[host];
  return there === undefined ? url : url.replace(host, there);
}
