// SPDX-License-Identifier: Apache-2.0

import { findMac } from '../marks.js';

/** What a line of dnsmasq's log says of a machine. */
export interface DhcpSighting {
  readonly mac: string;
  /** Empty: none was given. */
  readonly address: string;
}

/**
 * A machine that asked for an address or for something to boot; `undefined`: the line tells of something else.
 *
 * Source: dnsmasq 2.90, src/rfc2131.c, log_packet: `DHCPACK(eth0) 10.0.0.5 52:54:00:aa:00:01 name`, `PXE(eth0) … proxy`
 */
export function parseDhcpLog(line: string): DhcpSighting | undefined {
  const [, words = ''] = /(?:DHCP(?:DISCOVER|REQUEST|ACK|OFFER)|PXE)\([^)]*\) (.*)$/.exec(line) ?? [];
  const parts = words.split(' ');
  const mac = parts.map((part) => (part.length === 17 ? findMac(part) : undefined)).find(Boolean);
  if (mac === undefined) return undefined;
  return { mac, address: parts.find((part) => /^\d+\.\d+\.\d+\.\d+$/.test(part)) ?? '' };
}
