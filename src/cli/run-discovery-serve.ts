// SPDX-License-Identifier: Apache-2.0

import { once } from 'node:events';
import { resolve } from 'node:path';
import { serveKv } from '../etcd/index.js';
import { type CommandInput, type ExitCode, textFlag } from './command.js';
import { openDiscoveryService } from './discovery-service.js';
import { fail } from './errors.js';
import { listenAt } from './listen-at.js';
import { openLog } from './log.js';

/** Runs until `signal` fires. @throws `cli/usage`, `cli/port-taken`, and what the store throws */
export async function runDiscoveryServe({ flags, signal }: CommandInput): Promise<ExitCode> {
  const url = parseUrl('--listen', textFlag(flags, 'listen') ?? 'http://127.0.0.1:8087', /^http:/);
  const given = textFlag(flags, 'baseUrl');
  const baseUrl = given === undefined ? undefined : parseUrl('--base-url', given, /^https?:/);
  const unusedMs = parseDays(textFlag(flags, 'unusedDays') ?? '7') * 24 * 3_600_000;
  const folder = resolve(textFlag(flags, 'dataDir') ?? 'default.discovery');
  const log = openLog('discovery');
  const options = { unusedMs, ...(baseUrl === undefined ? {} : { baseUrl }) };
  const service = await openDiscoveryService(folder, log, options);
  try {
    const { discovery, store } = service;
    const { clusterId, memberId } = store;
    const identity = {
      ...{ clusterId, memberId, name: 'discovery', clientUrls: [], peerUrls: [], version: '3.5.16' },
      dbSizeBytes: () => 0,
    };
    const deps = { kv: discovery.kv, identity, log, http: discovery.handler };
    const listening = await listenAt('--listen', url, (at) => serveKv(deps, at));
    log.info('ready', { url: listening.url, folder });
    await Promise.race([service.ended, signal.aborted ? undefined : once(signal, 'abort')]);
    await listening.close();
  } finally {
    await service.close();
  }
  await service.ended;
  return 0;
}

function parseUrl(flag: string, text: string, scheme: RegExp): string {
  if (scheme.test(text) && URL.canParse(text)) return text.replace(/\/+$/, '');
  throw fail('cli/usage', {
    problem: `${flag} "${text}" is no URL for this`,
    hint: 'write it as http://HOST:PORT',
  });
}

function parseDays(text: string): number {
  const days = Number(text);
  if (days > 0 && days <= 3_650) return days;
  throw fail('cli/usage', {
    problem: `--unused-days "${text}" is no time`,
    hint: 'give days, 1 for example',
  });
}
