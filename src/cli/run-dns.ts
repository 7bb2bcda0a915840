// SPDX-License-Identifier: Apache-2.0

import {
  askMember,
  type ClusterMembers,
  followMembers,
  followZone,
  memberAddresses,
  parseStaticMember,
  renderZoneFile,
  runDnsServer,
  srvZone,
} from '../bootstrap/index.js';
import { realClock, realHttpGet, realListenTcp, realListenUdp, type TcpAddress } from '../effects/index.js';
import type { MemberRecord } from '../etcd/index.js';
import { type CommandInput, type ExitCode, type FlagValues, textFlag } from './command.js';
import { fail } from './errors.js';
import { openLog } from './log.js';
import { parseSeconds } from './parse-flags.js';
import { printJson } from './print.js';
import { withStore } from './with-store.js';

export async function runDnsZone({ flags }: CommandInput): Promise<ExitCode> {
  const { domain, staticMembers, ...options } = readZone(flags);
  const print = (members: readonly MemberRecord[]): ExitCode => {
    const zone = srvZone(domain, members, {
      ...options,
      nameServer: textFlag(flags, 'nameServer') ?? 'localhost',
      hosts: memberAddresses(domain, staticMembers),
      serial: Math.floor(Date.now() / 1_000),
    });
    if (textFlag(flags, 'output') === 'json') printJson(zone);
    else process.stdout.write(renderZoneFile(zone));
    return 0;
  };
  const isGiven = staticMembers.length > 0 && textFlag(flags, 'endpoints') === undefined;
  return isGiven ? print(staticMembers) : withStore(flags, async (store) => print(await store.memberList()));
}

export async function runDnsServe({ flags, signal }: CommandInput): Promise<ExitCode> {
  const zone = readZone(flags);
  const listen = parseListen(textFlag(flags, 'listen') ?? '127.0.0.1:53');
  const clientUrls = readEndpoints(flags);
  if (clientUrls.length === 0 && zone.staticMembers.length === 0) {
    throw fail('cli/usage', {
      problem: 'there is nothing to answer',
      hint: 'name the cluster with --endpoints, or its members to be with --member',
    });
  }
  const log = openLog('dns');
  const deps = { ask: askMember({ httpGet: realHttpGet }), clock: realClock, log };
  const lists = clientUrls.length === 0 ? none() : followMembers(deps, { clientUrls, peerUrls: [] }, signal);
  const isWildcard = listen.host === '0.0.0.0' || listen.host === '::';
  const nameServerAddresses = isWildcard ? [] : [listen.host];
  await runDnsServer(
    { listenUdp: realListenUdp, listenTcp: realListenTcp, log },
    { listen, zones: followZone(deps, { ...zone, nameServerAddresses }, lists) },
    (port) => log.info('ready', { address: listen.host, port, domain: zone.domain }),
    signal,
  );
  return 0;
}

function readZone(flags: FlagValues) {
  const given: unknown = flags.member;
  const texts = Array.isArray(given) ? given.map(String) : [];
  const staticMembers = texts.map(parseStaticMember);
  const twice = staticMembers.find(
    ({ name }, index) => staticMembers.findIndex((one) => one.name === name) < index,
  );
  if (twice !== undefined) {
    throw fail('cli/usage', {
      problem: `member "${twice.name}" is given twice`,
      hint: 'give each member once, its URLs with a comma between them',
    });
  }
  const suffix = textFlag(flags, 'suffix');
  return {
    domain: textFlag(flags, 'domain') ?? 'muster.internal',
    staticMembers,
    ttlSeconds: parseSeconds('--ttl', textFlag(flags, 'ttl') ?? '10'),
    ...(suffix === undefined ? {} : { suffix }),
  };
}

function readEndpoints(flags: FlagValues): readonly string[] {
  const named = textFlag(flags, 'endpoints') ?? process.env.ETCDCTL_ENDPOINTS ?? '';
  if (named === '') return [];
  return named.split(',').map((text) => (text.includes('://') ? text.trim() : `http://${text.trim()}`));
}

function parseListen(text: string): TcpAddress {
  const [, bracketed, plain, digits] = /^(?:\[([0-9a-f:.]+)\]|([0-9.]+)):(\d{1,5})$/i.exec(text) ?? [];
  const host = bracketed ?? plain;
  const port = Number(digits);
  if (host !== undefined && port <= 65_535 && URL.canParse(`http://${text}`)) return { host, port };
  throw fail('cli/usage', {
    problem: `--listen "${text}" is no address with a port`,
    hint: 'write it as 10.0.0.9:53 or [fd00::9]:53',
  });
}

async function* none(): AsyncGenerator<ClusterMembers, void, undefined> {}
