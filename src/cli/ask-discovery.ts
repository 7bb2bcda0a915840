// SPDX-License-Identifier: Apache-2.0

import { request } from 'node:http';
import { request as requestSecurely } from 'node:https';
import { z } from 'zod';
import { findClusterFolder } from './cluster-folder.js';
import { type FlagValues, textFlag } from './command.js';
import { getControl } from './control-record.js';
import { fail } from './errors.js';
import { discoveryFolder, findOperatorKey, operatorKeyPath } from './operator-key.js';

/** A discovery service as commands reach it. */
export interface DiscoveryTarget {
  /** Without a slash at the end. */
  readonly url: string;
  /** Where the operator's key should be. */
  readonly keyFile: string;
}

/** `--url` with `--data-dir` or `--key-file`; else the control process of the cluster found from here. */
export async function findTarget(flags: FlagValues): Promise<DiscoveryTarget> {
  const url = textFlag(flags, 'url')?.replace(/\/+$/, '');
  const dataDir = textFlag(flags, 'dataDir');
  const named = textFlag(flags, 'keyFile') ?? (dataDir === undefined ? undefined : operatorKeyPath(dataDir));
  if (url !== undefined) {
    if (!/^https?:/.test(url) || !URL.canParse(url)) {
      throw fail('cli/usage', { problem: `--url "${url}" is no URL`, hint: 'write it as http://HOST:PORT' });
    }
    return { url, keyFile: named ?? operatorKeyPath('.') };
  }
  const cluster = findClusterFolder(flags);
  const { controlUrl } = await getControl(cluster);
  return { url: controlUrl, keyFile: named ?? operatorKeyPath(discoveryFolder(cluster)) };
}

/** As the service says what is wrong. */
const refusal = z.object({ code: z.string(), message: z.string(), next: z.string() });

/**
 * Asks a discovery service; returns the body of its answer. @throws `cli/discovery-refused` with what it said,
 * `cli/discovery-unreachable`, `cli/no-operator-key`
 */
export async function askDiscovery(
  { url, keyFile }: DiscoveryTarget,
  method: 'GET' | 'DELETE',
  path: string,
  isOperators: boolean,
): Promise<string> {
  const key = isOperators ? await findOperatorKey(keyFile) : undefined;
  if (isOperators && key === undefined) throw fail('cli/no-operator-key', { path: keyFile });
  const headers = key === undefined ? {} : { authorization: `Bearer ${key}` };
  const answer = await ask(`${url}${path}`, method, headers).catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error);
    throw fail('cli/discovery-unreachable', { url, why }, error);
  });
  if (answer.status >= 200 && answer.status < 300) return answer.body;
  const said = refusal.safeParse(parseJson(answer.body)).data;
  throw fail('cli/discovery-refused', {
    url,
    why: said === undefined ? `status ${answer.status}` : said.message,
    next: said?.next ?? 'look whether the URL is that of a discovery service',
  });
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

function ask(url: string, method: string, headers: Record<string, string>): Promise<Answer> {
  const start = url.startsWith('https:') ? requestSecurely : request;
  return new Promise((resolve, reject) => {
    const sent = start(url, { method, headers, signal: AbortSignal.timeout(10_000) }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        body += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
      response.on('error', reject);
    });
    sent.on('error', reject);
    sent.end();
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
