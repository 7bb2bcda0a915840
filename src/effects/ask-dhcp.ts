// SPDX-License-Identifier: Apache-2.0

import * as dgram from 'node:dgram';

/**
 * Sends a packet to every DHCP server of the network that has this address of the computer, and returns what comes back
 * within the time, whoever it was for. Throws Node's error where the client port cannot be had (`EACCES`, `EADDRINUSE`).
 */
export type AskDhcp = (address: string, packet: Uint8Array, waitMs: number) => Promise<readonly Uint8Array[]>;

const clientPort = 68;
const serverPort = 67;

export const realAskDhcp: AskDhcp = async (address, packet, waitMs) => {
  // Answers go to all; a socket that is bound to the one address sees none of them, and one that is not cannot choose
  // the network that it sends to.
  const listener = await bind('0.0.0.0');
  const answers: Uint8Array[] = [];
  listener.on('message', (message) => answers.push(message));
  try {
    const sender = await bind(address);
    try {
      sender.on('message', (message) => answers.push(message));
      sender.setBroadcast(true);
      await new Promise<void>((resolve, reject) =>
        sender.send(packet, serverPort, '255.255.255.255', (error) => (error ? reject(error) : resolve())),
      );
      await new Promise((resolve) => setTimeout(resolve, waitMs));
    } finally {
      sender.close();
    }
  } finally {
    listener.close();
  }
  return answers;
};

async function bind(address: string): Promise<dgram.Socket> {
  const socket = dgram.createSocket({ type: 'udp4', reuseAddr: true });
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(clientPort, address, () => {
      socket.off('error', reject);
      socket.on('error', () => {});
      resolve();
    });
  });
  return socket;
}
