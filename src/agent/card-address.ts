// SPDX-License-Identifier: Apache-2.0

import type { Clock, Exec, Files } from '../effects/index.js';
import type { CardAddress } from './kernel-arguments.js';

interface CardDeps {
  readonly clock: Clock;
  readonly exec: Exec;
  readonly files: Files;
}

const cardFolder = '/sys/class/net';
/** Before files of others, which may want DHCP on every card. */
const networkFile = '/run/systemd/network/05-muster-address.network';
/** A driver may still be loading. */
const looks = 40;
const lookPauseMs = 500;

/**
 * Gives a network card of the machine its address, at once and for systemd-networkd where that runs. Returns what is
 * wrong, in words; nothing when it is done.
 */
export async function settleCardAddress(
  deps: CardDeps,
  wanted: CardAddress,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { exec, files } = deps;
  const card = await awaitCard(deps, wanted.mac, signal);
  if (card === undefined) return `no network card is ${wanted.mac}, so ${wanted.address} is nowhere`;
  await files.makeFolder('/run/systemd/network');
  await files.write(networkFile, renderNetworkFile(wanted), { mode: 0o644 });
  // Without the daemon there is nobody to read the file.
  await exec.run('networkctl', ['reload']).catch(() => undefined);
  for (const words of [
    ['link', 'set', 'dev', card, 'up'],
    ['address', 'replace', wanted.address, 'dev', card],
  ]) {
    const { code, stderr } = await exec.run('ip', words);
    if (code !== 0) return `${card} cannot have ${wanted.address}: ${stderr.trim()}`;
  }
  return undefined;
}

async function awaitCard(
  { clock, files }: CardDeps,
  mac: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  for (let left = looks; left > 0 && !signal.aborted; left -= 1) {
    for (const card of (await files.list(cardFolder)) ?? []) {
      if ((await files.readText(`${cardFolder}/${card}/address`))?.trim() === mac) return card;
    }
    await clock.sleep(lookPauseMs, signal);
  }
  return undefined;
}

/** Source: systemd.network(5), v257. */
function renderNetworkFile({ mac, address }: CardAddress): string {
  return [
    '[Match]',
    `MACAddress=${mac}`,
    '',
    '[Network]',
    `Address=${address}`,
    'DHCP=no',
    'LinkLocalAddressing=no',
    'IPv6AcceptRA=no',
    '',
  ].join('\n');
}
