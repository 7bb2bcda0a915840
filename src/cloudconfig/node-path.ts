// SPDX-License-Identifier: Apache-2.0

import { quoteValue } from '../spec/index.js';

/** What is wrong with the path of a file on a node; `undefined` when it may be written. */
export function findPathFault(path: string): string | undefined {
  if (!path.startsWith('/')) return `${quoteValue(path)} is not an absolute path`;
  if (path.includes('\0')) return `${quoteValue(path)} holds a zero byte`;
  const segments = path.split('/');
  if (segments.includes('..')) return `${quoteValue(path)} leads out of its folder`;
  if (['', '.'].includes(segments.at(-1) ?? '')) return `${quoteValue(path)} names a folder, not a file`;
  return undefined;
}

const unitKinds = [
  'service',
  'socket',
  'device',
  'mount',
  'automount',
  'swap',
  'target',
  'path',
  'timer',
  'slice',
  'scope',
];
const networkKinds = ['network', 'netdev', 'link'];

/** Whether systemd takes this as the name of a unit or of a file of its network daemon. */
export function isUnitName(name: string): boolean {
  const kind = name.slice(name.lastIndexOf('.') + 1);
  const isKnown = unitKinds.includes(kind) || networkKinds.includes(kind);
  return isKnown && name.length <= 255 && /^[A-Za-z0-9:_\\@-][A-Za-z0-9:_.\\@-]*\.[a-z]+$/.test(name);
}

/** Files of the network daemon: they are written to a folder of their own and never enabled. */
export function isNetworkUnit(name: string): boolean {
  return networkKinds.includes(name.slice(name.lastIndexOf('.') + 1));
}

/** Whether this may be the name of a drop-in. */
export function isDropInName(name: string): boolean {
  return name.length <= 255 && /^[^/\0\s][^/\0]*\.conf$/.test(name);
}

/** Where a unit's file is written. */
export function unitPath(name: string, isRuntime: boolean): string {
  const folder = isNetworkUnit(name) ? 'network' : 'system';
  return `/${isRuntime ? 'run' : 'etc'}/systemd/${folder}/${name}`;
}
