// SPDX-License-Identifier: Apache-2.0

import { type ErrorTable, errorsOf } from '../model/index.js';

const table = {
  'providers/unknown-provider': {
    message: 'there is no provider "{name}"',
    next: 'use one of: {known}',
    httpStatus: 400,
    grpcStatus: 3,
  },
  'providers/network-taken': {
    message: 'the network {network} is taken by the cluster in "{folder}"',
    next: 'choose another one in the cluster file (provider options, network), leave it out, or destroy that cluster',
    httpStatus: 409,
    grpcStatus: 9,
  },
  'providers/no-network-free': {
    message: 'no network is free: {count} were tried',
    next: 'destroy clusters that are not needed any more, or name a network in the cluster file (provider options, network)',
    httpStatus: 409,
    grpcStatus: 8,
  },
  'providers/network-full': {
    message: 'the network {network} has no address for machine number {number}',
    next: 'name a larger network in the cluster file (provider options, network); a /16 has room for 65000 machines',
    httpStatus: 409,
    grpcStatus: 8,
  },
  'providers/no-namespaces': {
    message: 'cannot make the network "{namespace}": {why}',
    next: 'a network of their own for machines needs Linux, root, and iproute2 (apt-get install iproute2); without, leave "network" out of the cluster file, and they use the loopback',
    httpStatus: 500,
    grpcStatus: 9,
  },
  'providers/foreign-address': {
    message: 'the machine "{name}" has the address {address}, which is not in its network {network}',
    next: 'correct privateIpv4 in the cluster file, or leave it out',
    httpStatus: 400,
    grpcStatus: 3,
  },
  'providers/bad-options': {
    message: 'the provider options are wrong: {why}',
    next: 'correct them in the cluster file',
    httpStatus: 400,
    grpcStatus: 3,
  },
  'providers/bad-name': {
    message: '"{name}" cannot be the name of a machine',
    next: 'use letters, digits, dots, dashes and underscores, with a letter or digit first',
    httpStatus: 400,
    grpcStatus: 3,
  },
  'providers/cannot-start': {
    message: 'cannot power on "{name}": {why}',
    next: 'correct the cause, then run "muster up {name}"',
    httpStatus: 500,
    grpcStatus: 13,
    retry: 'later',
  },
  'providers/inside-machine': {
    message: 'cannot power "{name}" on or off from a shell inside it',
    next: 'leave the shell of the machine and start muster there again',
    httpStatus: 409,
    grpcStatus: 9,
  },
  'providers/processes-left': {
    message: '"{name}" cannot be powered off: processes {pids} do not end',
    next: 'look at these processes; one that waits for a disk or network cannot be ended before that answers',
    httpStatus: 500,
    grpcStatus: 13,
    retry: 'later',
  },
  'providers/cannot-switch': {
    message: 'cannot switch "{name}" {action}: {why}',
    next: 'run the power command of the cluster file (provider, power) by hand with the words of this machine; then "muster up {name}"',
    httpStatus: 500,
    grpcStatus: 13,
    retry: 'later',
  },
  'providers/no-qemu': {
    message: 'cannot start virtual machines with "{program}": {why}',
    next: 'install it (apt-get install qemu-system-x86), or name it in the cluster file (provider options, program)',
    httpStatus: 500,
    grpcStatus: 9,
  },
  'providers/no-ssh': {
    message: 'cannot make the key pair by which machines of this cluster are entered: {why}',
    next: 'install the ssh client (apt-get install openssh-client)',
    httpStatus: 500,
    grpcStatus: 9,
  },
  'providers/no-answer': {
    message: 'cannot reach into "{name}": {why}',
    next: 'see `muster status` whether it is on, and `muster logs {name}` for what it says',
    httpStatus: 500,
    grpcStatus: 14,
    retry: 'later',
  },
  'providers/no-dnsmasq': {
    message: 'cannot start dnsmasq for the machines of this cluster: {why}',
    next: 'a bridge needs it to give machines addresses (apt-get install dnsmasq-base); without, use "network: user"',
    httpStatus: 500,
    grpcStatus: 9,
  },
  'providers/no-kvm': {
    message: 'KVM does not work here: {why}',
    next: 'leave "accel" out of the provider options, and machines are emulated where it does not work; or let this user read and write /dev/kvm',
    httpStatus: 500,
    grpcStatus: 9,
  },
  'providers/firmware-stopped': {
    message: 'the firmware was stopped before it found something to boot',
    next: 'nothing is wrong if the machine was powered off; else see its console for what it waited for',
    httpStatus: 503,
    grpcStatus: 1,
  },
  'providers/script-failed': {
    message: 'the boot script {url} failed: {why}',
    next: 'correct the script; a command that may fail needs "|| goto retry" or the like behind it',
    httpStatus: 502,
    grpcStatus: 9,
  },
  'providers/script-ended': {
    message: 'the boot script {url} ended without booting anything',
    next: 'end it with "boot", or with "chain" of another script',
    httpStatus: 502,
    grpcStatus: 9,
  },
  'providers/script-loops': {
    message: 'the boot script {url} runs in circles at line {line} without fetching or waiting',
    next: 'put a "sleep" into the loop, or end it',
    httpStatus: 502,
    grpcStatus: 9,
  },
  'providers/unfit-kernel': {
    message: 'the boot script {url} names the kernel "{kernel}", which a local machine cannot run',
    next: 'local machines run "muster-agent" only; use a provider with real machines for this profile',
    httpStatus: 502,
    grpcStatus: 9,
  },
} as const satisfies ErrorTable;

/** The codes of this room: `docs/errors.md` is made of them. */
export const providersErrors: ErrorTable = table;

export const fail = errorsOf(table);
