// SPDX-License-Identifier: Apache-2.0

import { type Level, pino } from 'pino';
import type { Log } from '../effects/index.js';

/**
 * JSON lines on standard output. `at-once`: written before the call returns, so that what a crash leaves is complete.
 * `soon`: those of one moment together, for who tells of each request; what is left is written when the process exits.
 */
export function openLog(room: string, level: Level = 'info', writes: 'at-once' | 'soon' = 'at-once'): Log {
  const output = pino.destination({ dest: 1, sync: writes === 'at-once' });
  // A log that cannot be written, on a full disk or to a reader that left, must not end what it tells of.
  output.on('error', () => {});
  const logger = pino({ level, base: { room } }, output);
  const at =
    (name: 'debug' | 'info' | 'warn' | 'error'): Log['info'] =>
    (message, fields = {}) =>
      logger[name](fields, message);
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
