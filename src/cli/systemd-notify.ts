// SPDX-License-Identifier: Apache-2.0

import { type Log, realExec } from '../effects/index.js';

/**
 * Tells systemd how this service does, where it runs as one. By its own program, as Node.js has no datagram sockets of
 * that kind; it returns once systemd has read it.
 *
 * Source: sd_notify(3), systemd-notify(1), v252.
 */
export async function notifySystemd(state: string, log: Log): Promise<void> {
  if (process.env.NOTIFY_SOCKET === undefined) return;
  try {
    const { code, stderr } = await realExec.run('systemd-notify', [state]);
    if (code !== 0) log.warn('systemd was not told', { state, reason: stderr.trim() });
  } catch (error) {
    log.warn('systemd was not told', { state, reason: String(error) });
  }
}
