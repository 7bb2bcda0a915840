// SPDX-License-Identifier: Apache-2.0

import * as net from 'node:net';
import type { TcpAddress } from './tcp.js';

/**
 * Whether a program could listen at an address now. `no-address`: this computer does not have that address;
 * `denied`: it has, but this user may not listen there.
 */
export type ProbeTcp = (address: TcpAddress) => Promise<'free' | 'taken' | 'no-address' | 'denied'>;

/** Listens for a moment and stops again; other failures are thrown as Node's error. Port 0 asks for the host alone. */
export const realProbeTcp: ProbeTcp = ({ host, port }) =>
  new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve('taken');
      else if (error.code === 'EADDRNOTAVAIL') resolve('no-address');
      else if (error.code === 'EACCES' || error.code === 'EPERM') resolve('denied');
      else reject(error);
    });
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve('free')));
  });
