// SPDX-License-Identifier: Apache-2.0

import type { Listening } from '../effects/index.js';
import { fail } from './errors.js';

/**
 * Listens at the host and port of a URL. @throws `cli/port-taken`, `cli/cannot-listen`
 *
 * @param setting what the operator changes to listen elsewhere
 */
export async function listenAt(
  setting: string,
  url: string,
  start: (at: { readonly host: string; readonly port: number }) => Promise<Listening>,
): Promise<Listening> {
  const { hostname, port } = new URL(url);
  try {
    return await start({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    const address = `${hostname}:${port}`;
    switch (code) {
      case 'EADDRINUSE':
        throw fail('cli/port-taken', { address, setting }, error);
      case 'EACCES': {
        const next = `choose a port above 1023 (${setting}), or let root run it`;
        throw fail('cli/cannot-listen', { address, why: 'this user may not use the port', next }, error);
      }
      case 'EADDRNOTAVAIL': {
        const next = `choose an address of this computer (\`ip address\` lists them; ${addressOf(setting)})`;
        throw fail(
          'cli/cannot-listen',
          { address, why: 'this computer does not have the address', next },
          error,
        );
      }
      default:
        throw error;
    }
  }
}

/** A port is one setting of the cluster file, the address before it another. */
function addressOf(setting: string): string {
  return setting.startsWith('control.') ? 'control.address' : setting;
}
