// SPDX-License-Identifier: Apache-2.0

import { once } from 'node:events';
import { type Handler, type Log, listen, realClock } from '../effects/index.js';
import { connect, type EtcdClient, type MemberRecord, v2Handler } from '../etcd/index.js';
import { type CommandInput, type ExitCode, textFlag } from './command.js';
import { fail } from './errors.js';
import { listenAt } from './listen-at.js';
import { openLog } from './log.js';
import { withStore } from './with-store.js';

/** Runs until `signal` fires. @throws `cli/usage`, `cli/port-taken`, and what the store throws when it does not answer */
export async function runStoreServeV2({ flags, signal }: CommandInput): Promise<ExitCode> {
  const url = textFlag(flags, 'listen') ?? 'http://127.0.0.1:4001';
  if (!URL.canParse(url) || !url.startsWith('http://')) {
    throw fail('cli/usage', {
      problem: `--listen "${url}" is no URL for this`,
      hint: 'write it as http://HOST:PORT',
    });
  }
  const log = openLog('store');
  return withStore(flags, async (store) => {
    const own = { url };
    const handler = await viewOf(store, log, () => textFlag(flags, 'advertise') ?? own.url);
    const listening = await listenAt('--listen', url, (at) => listen(handler, at));
    own.url = listening.url;
    log.info('ready', { url: listening.url });
    if (!signal.aborted) await once(signal, 'abort');
    await listening.close();
    return 0;
  });
}

/**
 * The v2 API over a cluster whose members have none. v2 clients go to the client URLs of the member list, so each
 * member has one below the URL of this view: all of the same keys, and the health of that member.
 */
async function viewOf(store: EtcdClient, log: Log, ownUrl: () => string): Promise<Handler> {
  const { clusterId, version } = await store.status();
  const urlOf = ({ id }: MemberRecord) => `${ownUrl()}/members/${id.toString(16)}`;
  const cluster = async () => {
    const [members, { leader }] = await Promise.all([store.memberList(), store.status()]);
    const shown = members.map((member) => ({
      ...member,
      clientUrls: member.name === '' ? [] : [urlOf(member)],
    }));
    return { members: shown, leader: leader === 0n ? undefined : leader };
  };
  const view = v2Handler({ kv: store, clock: realClock, log, clusterId, version, cluster });
  return async (request, connection) => {
    const [, origin = '', id, path = ''] =
      /^(\w+:\/\/[^/]*)\/members\/([0-9a-f]{1,16})(\/.*)$/.exec(request.url) ?? [];
    if (id === undefined) return view(request, connection);
    if (path === '/health') return memberHealth(store, id);
    return view(new Request(origin + path, request), connection);
  };
}

/** As etcd's `/health`: whether a read that needs a quorum works through that member. */
async function memberHealth(store: EtcdClient, id: string): Promise<Response> {
  const member = (await store.memberList()).find((one) => one.id.toString(16) === id);
  if (member === undefined || member.clientUrls.length === 0)
    return new Response('404 page not found\n', { status: 404 });
  const client = connect(member.clientUrls, { timeoutMs: 2_000 });
  try {
    await client.range({ key: Uint8Array.of(1), countOnly: true });
    return Response.json({ health: 'true' });
  } catch {
    return Response.json({ health: 'false' }, { status: 503 });
  } finally {
    await client.close();
  }
}
