// SPDX-License-Identifier: Apache-2.0

/** What a DHCP server offers. */
export interface DhcpOffer {
  /** Of the server, as it calls itself. */
  readonly server: string;
  readonly address: string;
  /** Empty: it names none. */
  readonly domain: string;
  readonly bootFile: string;
}

const cookie = [0x63, 0x82, 0x53, 0x63];
const headerBytes = 236;

/**
 * A question to every DHCP server of the network, whose answers come back to everybody. Nothing is taken by it.
 *
 * @param xid 32 bits that the answers repeat
 * @param mac six bytes
 *
 * Source: RFC 2131, RFC 2132
 */
export function encodeDiscover(xid: number, mac: Uint8Array): Uint8Array {
  const packet = Buffer.alloc(300);
  packet[0] = 1;
  packet[1] = 1;
  packet[2] = 6;
  packet.writeUInt32BE(xid >>> 0, 4);
  // Broadcast: there is no address yet to answer to.
  packet.writeUInt16BE(0x8000, 10);
  packet.set(mac.subarray(0, 6), 28);
  packet.set([...cookie, 53, 1, 1, 55, 3, 1, 15, 67, 255], headerBytes);
  return packet;
}

/** The offer in a packet; `undefined`: it is none, or answers another question, or is cut off. */
export function decodeOffer(packet: Uint8Array, xid: number): DhcpOffer | undefined {
  const bytes = Buffer.from(packet.buffer, packet.byteOffset, packet.byteLength);
  if (bytes.length < headerBytes + 4 || bytes[0] !== 2 || bytes.readUInt32BE(4) !== xid >>> 0)
    return undefined;
  if (!cookie.every((byte, index) => bytes[headerBytes + index] === byte)) return undefined;
  const options = readOptions(bytes.subarray(headerBytes + 4));
  if (options.get(53)?.[0] !== 2) return undefined;
  const server = options.get(54);
  const file = textOf(bytes.subarray(108, 236));
  return {
    server: server?.length === 4 ? server.join('.') : bytes.subarray(20, 24).join('.'),
    address: bytes.subarray(16, 20).join('.'),
    domain: textOf(options.get(15) ?? Buffer.alloc(0)),
    bootFile: textOf(options.get(67) ?? Buffer.alloc(0)) || file,
  };
}

function readOptions(bytes: Buffer): ReadonlyMap<number, Buffer> {
  const options = new Map<number, Buffer>();
  for (let at = 0; at < bytes.length && bytes[at] !== 255; ) {
    const code = bytes[at] ?? 0;
    if (code === 0) {
      at += 1;
      continue;
    }
    const length = bytes[at + 1] ?? 0;
    options.set(code, bytes.subarray(at + 2, at + 2 + length));
    at += 2 + length;
  }
  return options;
}

/** Up to the first zero; printable characters only. */
function textOf(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes
    .subarray(0, end < 0 ? undefined : end)
    .toString('latin1')
    .replaceAll(/[^\x20-\x7e]/g, '?');
}
