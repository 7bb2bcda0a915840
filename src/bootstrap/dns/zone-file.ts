// SPDX-License-Identifier: Apache-2.0

import type { SrvZone, ZoneRecord } from './srv-zone.js';

/** The zone as a master file (RFC 1035, section 5) that another name server can load. */
export function renderZoneFile({ domain, records }: SrvZone): string {
  const rows = records.map((record) => [`${record.name}.`, String(record.ttl), record.type, dataOf(record)]);
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map(([name = '', ttl = '', type = '', data]) => {
    const cells = [name.padEnd(widths[0] ?? 0), ttl.padStart(widths[1] ?? 0), 'IN'];
    return [...cells, type.padEnd(widths[2] ?? 0), data].join(' ');
  });
  return `$ORIGIN ${domain}.\n${lines.join('\n')}\n`;
}

function dataOf(record: ZoneRecord): string {
  switch (record.type) {
    case 'SOA': {
      const { mname, rname, serial, refresh, retry, expire, minimum } = record.data;
      return `${mname}. ${rname}. ${serial} ${refresh} ${retry} ${expire} ${minimum}`;
    }
    case 'SRV': {
      const { priority, weight, port, target } = record.data;
      return `${priority} ${weight} ${port} ${target}.`;
    }
    case 'NS':
      return `${record.data}.`;
    case 'A':
    case 'AAAA':
      return record.data;
    default:
      return record satisfies never;
  }
}
