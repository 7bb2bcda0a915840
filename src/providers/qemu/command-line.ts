// SPDX-License-Identifier: Apache-2.0

import type { MachineOrder } from '../provider.js';
import type { QemuOptions } from './options.js';

/** One virtual machine, as QEMU is told of it. */
export interface VirtualMachine {
  readonly order: MachineOrder;
  readonly options: QemuOptions;
  readonly accel: 'kvm' | 'tcg';
  readonly wires: Wires;
}

/** What its network cards are plugged into. */
export type Wires =
  /** QEMU's own network to this computer, and a segment that all machines of the cluster share. */
  | { readonly kind: 'user'; readonly segment: Segment }
  /** A tap device that is there. */
  | { readonly kind: 'tap'; readonly device: string };

/** A group of the loopback's multicast: everybody who is in it hears all of it. */
export interface Segment {
  readonly group: string;
  readonly port: number;
}

// Names below the folder in which QEMU is started, so that no path of this computer is in its options.
export const consoleName = '../console.log';
export const diskName = '../disk.raw';
export const socketName = 'qmp.sock';

/** How QEMU calls the network cards; by these names they are plugged in and out. */
export const cards = { boot: 'boot', segment: 'segment' } as const;

/** What etcd2 and sshd of a machine listen on. */
const ownPorts = [22, 2379, 4001] as const;

/** The port of this computer that stands for one of a machine: an ordinary user may not listen below 1024. */
export function forwardedPort(port: number): number {
  return port < 1024 ? port + 2200 : port;
}

/**
 * The second card's hardware address: another one of the same maker and cluster, so that it is as unlikely to be taken.
 */
export function segmentMac(mac: string): string {
  const [first = '', ...rest] = mac.split(':');
  return [(Number.parseInt(first, 16) ^ 0x04).toString(16).padStart(2, '0'), ...rest].join(':');
}

/**
 * QEMU's arguments. The machine boots from its first card by QEMU's own iPXE; where the boot server does not answer, it
 * begins anew after five seconds. Its console is the serial line, the firmware's words included.
 *
 * Source: qemu docs/system/invocation.rst; a comma in a value is written twice.
 */
export function qemuArguments({ order, options, accel, wires }: VirtualMachine): readonly string[] {
  return [
    ...['-name', order.name, '-nodefaults', '-no-user-config', '-display', 'none'],
    ...['-sandbox', 'on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny'],
    ...['-machine', 'pc,graphics=off', '-accel', accel, '-cpu', accel === 'kvm' ? 'host' : 'qemu64'],
    ...['-smp', String(options.cpus), '-m', `${options.memoryMib}M`],
    ...['-uuid', order.uuid, '-smbios', smbios(order)],
    ...['-boot', 'order=n,reboot-timeout=5000'],
    ...(wires.kind === 'user' ? userCards(order, options, wires.segment) : tapCard(order, wires.device)),
    ...['-device', 'virtio-rng-pci'],
    ...(options.diskMib === undefined
      ? []
      : ['-drive', `file=${diskName},format=raw,if=virtio,discard=unmap`]),
    ...['-chardev', `file,id=console,path=${consoleName},append=on`, '-serial', 'chardev:console'],
    ...['-qmp', `unix:${socketName},server=on,wait=off`],
  ];
}

function smbios({ serial }: MachineOrder): string {
  const own = serial === '' ? '' : `,serial=${quoted(serial)}`;
  return `type=1,manufacturer=muster,product=virtual machine${own}`;
}

function userCards(order: MachineOrder, options: QemuOptions, segment: Segment): readonly string[] {
  const ports = [...new Set([...ownPorts, ...options.ports])];
  const forwards = ports.map(
    (port) => `hostfwd=tcp:${order.reachAddress}:${forwardedPort(port)}-${order.address}:${port}`,
  );
  // With IPv6: where no router answers, iPXE waits 15 seconds for one.
  const boot = ['user', `id=${cards.boot}`, `bootfile=${quoted(order.bootUrl)}`, ...forwards];
  const { group, port } = segment;
  return [
    ...['-netdev', boot.join(','), '-device', `virtio-net-pci,id=nic0,netdev=${cards.boot},mac=${order.mac}`],
    ...['-netdev', `socket,id=${cards.segment},mcast=${group}:${port},localaddr=127.0.0.1`],
    ...['-device', `virtio-net-pci,id=nic1,netdev=${cards.segment},mac=${segmentMac(order.mac)},romfile=`],
  ];
}

function tapCard({ mac }: MachineOrder, device: string): readonly string[] {
  return [
    ...['-netdev', `tap,id=${cards.boot},ifname=${device},script=no,downscript=no`],
    ...['-device', `virtio-net-pci,id=nic0,netdev=${cards.boot},mac=${mac}`],
  ];
}

function quoted(value: string): string {
  return value.replaceAll(',', ',,');
}
