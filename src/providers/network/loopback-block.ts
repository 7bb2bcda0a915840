// SPDX-License-Identifier: Apache-2.0

import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { fail } from '../errors.js';
import type { ProviderContext, ProviderDeps } from '../provider.js';
import { findAddress, type Ipv4Block, renderBlock, sizeOf } from './ipv4-block.js';
import { openReservations, type Reservations } from './reservations.js';

/** Of the control process, in the network of any cluster. */
export const controlOffset = 1;
/** Of the first machine. */
export const firstMachineOffset = 101;

/** Where muster chooses networks: 4096 blocks of 1024 addresses. */
const pool: Ipv4Block = { base: 127 * 2 ** 24 + 64 * 2 ** 16, prefix: 10 };
const blockPrefix = 22;
const maxTries = 64;
/** So many blocks with a taken port mean that a program listens on every address: moving on does not help then. */
const maxBusyBlocks = 8;

export type BlockDeps = Pick<ProviderDeps, 'files' | 'probeTcp' | 'environment' | 'log'>;

/** A socket that the control process is to listen on, in a block. */
export type ControlSockets = (
  block: Ipv4Block,
) => readonly { readonly host: string; readonly port: number }[];

/**
 * A block of loopback addresses for the cluster alone, the same at every call: the one that it wants, else one that
 * muster chooses, and passes over what other clusters hold.
 *
 * @throws `providers/network-taken` when another cluster has the one that it wants; `providers/no-network-free`
 */
export async function openBlock(
  deps: BlockDeps,
  context: ProviderContext,
  wanted: Ipv4Block | undefined,
  sockets: ControlSockets,
): Promise<Ipv4Block> {
  const reservations = reservationsOf(deps, context);
  if (wanted === undefined) return chooseBlock(deps, context, reservations, sockets);
  const claim = await reservations.claim(wanted);
  if (claim.kind === 'mine') return wanted;
  throw fail('providers/network-taken', { network: renderBlock(wanted), folder: claim.folder });
}

/** The block that `openBlock` gives, as far as it is decided, with nothing reserved and nothing given back. */
export async function findChosenBlock(
  deps: BlockDeps,
  context: ProviderContext,
  wanted: Ipv4Block | undefined,
): Promise<Ipv4Block | undefined> {
  return wanted ?? (await reservationsOf(deps, context).chosen());
}

/** Gives the block back. */
export async function releaseBlock(deps: BlockDeps, context: ProviderContext): Promise<void> {
  await reservationsOf(deps, context).release();
}

/** Whether this computer has one loopback address only, as elsewhere than on Linux. */
export async function hasOneAddress(
  { probeTcp }: Pick<BlockDeps, 'probeTcp'>,
  wanted: Ipv4Block | undefined,
): Promise<boolean> {
  const host = findAddress(wanted ?? pool, controlOffset) ?? '';
  return (await probeTcp({ host, port: 0 })) === 'no-address';
}

/** @throws `providers/network-full` */
export function machineAddress(block: Ipv4Block, index: number): string {
  const address = findAddress(block, firstMachineOffset + index);
  if (address !== undefined) return address;
  throw fail('providers/network-full', { network: renderBlock(block), number: index + 1 });
}

/** What it chose before, if nobody else has that; else the first free one, tried in an order that the folder's path decides. */
async function chooseBlock(
  deps: BlockDeps,
  context: ProviderContext,
  reservations: Reservations,
  sockets: ControlSockets,
): Promise<Ipv4Block> {
  const before = await reservations.chosen();
  if (before !== undefined && (await reservations.claim(before)).kind === 'mine') return before;
  let busy = 0;
  for (const block of candidates(context.folder)) {
    const mayPassOver = busy < maxBusyBlocks;
    if (mayPassOver && (await isBusy(deps, sockets(block)))) busy += 1;
    else if ((await reservations.claim(block)).kind === 'mine') return block;
  }
  throw fail('providers/no-network-free', { count: maxTries });
}

function candidates(folder: string): readonly Ipv4Block[] {
  const size = sizeOf({ prefix: blockPrefix });
  const count = sizeOf(pool) / size;
  const first = createHash('sha256').update(folder).digest().readUInt32BE(0) % count;
  return Array.from({ length: maxTries }, (_, index) => ({
    base: pool.base + ((first + index) % count) * size,
    prefix: blockPrefix,
  }));
}

/** True when somebody listens where the control process would: another user's cluster, whose reservations are not seen. */
async function isBusy(deps: BlockDeps, sockets: ReturnType<ControlSockets>): Promise<boolean> {
  const found = await Promise.all(sockets.map((one) => deps.probeTcp(one)));
  return found.includes('taken');
}

function reservationsOf(deps: BlockDeps, context: ProviderContext): Reservations {
  const { XDG_STATE_HOME: state, HOME: home } = deps.environment;
  const stateFolder = state?.startsWith('/') ? state : home && join(home, '.local', 'state');
  if (!stateFolder)
    deps.log.warn('no HOME is set: other clusters of this user cannot see the network of this one');
  return openReservations(deps.files, context.folder, stateFolder || undefined);
}
