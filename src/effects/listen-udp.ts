// SPDX-License-Identifier: Apache-2.0

import * as dgram from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { TcpAddress } from './tcp.js';

/** A socket that was opened for good. */
export interface Bound {
  /** The one that was taken, when 0 was asked for. */
  readonly port: number;
  /** Ends open connections too; may be called again. */
  close(): Promise<void>;
}

/**
 * Answers each datagram with what `answer` makes of it, or with silence. An address that cannot be had is thrown as
 * Node's error. The host is an IP address: it decides between IPv4 and IPv6.
 */
export type ListenUdp = (
  address: TcpAddress,
  answer: (message: Uint8Array) => Uint8Array | undefined,
) => Promise<Bound>;

export const realListenUdp: ListenUdp = async ({ host, port }, answer) => {
  const socket = dgram.createSocket(isIPv6(host) ? 'udp6' : 'udp4');
  socket.on('message', (message, from) => {
    // Nobody answers on port 0, and the system refuses to send there.
    if (from.port === 0) return;
    const reply = answer(message);
    // A peer that is gone or cannot be reached is not the listener's trouble.
    if (reply !== undefined) socket.send(reply, from.port, from.address, () => {});
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.bind({ port, address: host, exclusive: true }, () => {
      socket.off('error', reject);
      socket.on('error', () => {});
      resolve();
    });
  });
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  const state = { isOpen: true };
  return {
    port: socket.address().port,
    close: () => {
      if (state.isOpen) socket.close();
      state.isOpen = false;
      return closed;
    },
  };
};
