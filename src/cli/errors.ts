// SPDX-License-Identifier: Apache-2.0

import { type ErrorTable, errorsOf } from '../model/index.js';

/** Every error of this room. */
export const cliErrors = {
  'cli/no-dnsmasq': {
    message: 'dnsmasq is not installed',
    next: 'run `sudo apt-get install -y dnsmasq-base`, or give your own DHCP server the lines of `muster boot dhcp-config`',
    httpStatus: 500,
  },
  'cli/no-ipxe': {
    message: 'no iPXE for other firmware is installed',
    next: 'run `sudo apt-get install -y ipxe`; Debian 13 has it for arm64 as well',
    httpStatus: 500,
  },
  'cli/no-dhcp-network': {
    message: 'no network of this computer has the address {address}',
    next: 'set control.address in the cluster file to an IPv4 address that machines reach (`ip address` lists them)',
    httpStatus: 500,
  },
  'cli/dnsmasq-ended': {
    message: 'dnsmasq ended: {why}',
    next: 'it needs root, and ports 67 and 69 for itself; its configuration is .muster/dhcp/dnsmasq.conf',
    httpStatus: 500,
  },
  'cli/usage': {
    message: '{problem}',
    next: '{hint}',
    httpStatus: 400,
  },
  'cli/no-cluster-file': {
    message: 'there is no cluster file at "{path}"',
    next: 'write one with `muster init`, or leave --file out to use the default cluster',
    httpStatus: 404,
  },
  'cli/no-image': {
    message: 'there is no whole image "{name}" in {folder}; nothing was changed',
    next: '`muster image list` shows those there are; MUSTER_IMAGES names another folder',
    httpStatus: 404,
  },
  'cli/unknown-unit': {
    message: 'there is no unit "{unit}"',
    next: 'list them with "muster unit list"',
    httpStatus: 404,
  },
  'cli/no-unit-file': {
    message: 'there is no unit "{unit}" in the registry, and no file "{path}" here',
    next: 'give the path of its unit file',
    httpStatus: 404,
  },
  'cli/bad-unit': {
    message: 'unit "{unit}" is refused',
    next: 'mend what is listed above and run the command again',
    httpStatus: 400,
  },
  'cli/no-such-unit-file': {
    message: 'there is no file "{path}"',
    next: 'give the path of a unit file',
    httpStatus: 404,
  },
  'cli/template-alone': {
    message: 'unit "{unit}" is a template and runs only as its instances',
    next: 'start an instance, like {example}, or give it Replicas= in [X-Fleet]',
    httpStatus: 400,
  },
  'cli/unit-place': {
    message: 'unit "{unit}": {problem}; its machines: {known}',
    next: 'name one of them with --machine, before the unit',
    httpStatus: 409,
  },
  'cli/bad-cluster': {
    message: 'the cluster file or its user-data has {count} to mend; nothing was started',
    next: 'mend what is listed above and run the command again',
    httpStatus: 400,
  },
  'cli/unreadable-user-data': {
    message: 'the user-data "{file}" has {count} to mend; nothing was printed',
    next: 'mend what is listed above and run the command again',
    httpStatus: 400,
  },
  'cli/lossy-conversion': {
    message: '{count} of "{file}" would be missing; nothing was printed',
    next: 'look at what is listed above as errors; --allow-loss prints the rest all the same',
    httpStatus: 409,
  },
  'cli/user-data-missing': {
    message: 'cannot read the user-data file "{path}": {why}',
    next: 'create the file, or change userData in the cluster file',
    httpStatus: 404,
  },
  'cli/bad-user-data': {
    message: 'the user-data has {count}; nothing was applied',
    next: 'mend what is listed above and run the command again',
    httpStatus: 400,
  },
  'cli/already-running': {
    message:
      'the control process of cluster "{cluster}" already runs for this folder, as process {pid} at {url}',
    next: 'use it (`muster status`), or stop it with `muster down`',
    httpStatus: 409,
  },
  'cli/not-running': {
    message: 'the control process of this cluster is not running',
    next: 'start the cluster with `muster up`',
    httpStatus: 503,
    retry: 'later',
  },
  'cli/control-unreachable': {
    message: 'the control process {pid} does not answer at {url}: {why}',
    next: 'look at {log}; `muster down` and then `muster up` start it anew',
    httpStatus: 503,
    retry: 'later',
  },
  'cli/control-failed': {
    message: 'the control process did not start: {why}',
    next: '{next}',
    httpStatus: 500,
  },
  'cli/port-taken': {
    message: 'cannot listen on {address}: the port is already taken',
    next: 'end the program that uses it (`ss -ltnp` names it), or change {setting}',
    httpStatus: 503,
  },
  'cli/cannot-listen': {
    message: 'cannot listen on {address}: {why}',
    next: '{next}',
    httpStatus: 503,
  },
  'cli/needs-restart': {
    message: 'the running control process cannot take over a change of {what}',
    next: 'run `muster down` and then `muster up`',
    httpStatus: 409,
  },
  'cli/store-changed': {
    message: 'the store of a cluster that is up cannot become {to}: it is {from}',
    next: 'name it "{from}" in the cluster file, or begin anew: `muster destroy`, then `muster up`',
    httpStatus: 409,
  },
  'cli/changed-meanwhile': {
    message: 'the cluster file was changed by somebody else at the same moment',
    next: 'run the command again',
    httpStatus: 409,
    retry: 'now',
  },
  'cli/unknown-machine': {
    message: 'there is no machine "{name}" in {cluster}',
    next: 'its machines are: {known}',
    httpStatus: 404,
  },
  'cli/key-not-found': {
    message: 'there is no key "{key}"',
    next: 'list what there is with `muster ls --recursive {parent}`',
    httpStatus: 404,
  },
  'cli/is-a-directory': {
    message: '"{key}" is a directory',
    next: 'list it with `muster ls {key}`; to remove all below it use `muster rm --recursive {key}`',
    httpStatus: 400,
  },
  'cli/file-exists': {
    message: 'there is a file "{path}" already; nothing was written',
    next: 'move it away, or pass --force to replace it',
    httpStatus: 409,
  },
  'cli/not-confirmed': {
    message: 'not destroyed: nobody confirmed it',
    next: 'run it on a terminal and answer with the name of the cluster, or pass --yes',
    httpStatus: 400,
  },
  'cli/no-address': {
    message: 'the machine "{name}" has no address, and its provider gives none',
    next: 'write privateIpv4 of that machine in the cluster file: the address that its DHCP server gives it',
    httpStatus: 400,
    grpcStatus: 3,
  },
  'cli/wildcard-address': {
    message: 'control.address "{address}" is no address that a machine could reach',
    next: 'name an address of this computer in the cluster file, or leave it out',
    httpStatus: 400,
  },
  'cli/cannot-drill': {
    message: 'this cluster cannot be struck on purpose: it needs a provider that can, and members of its own',
    next: 'use a local cluster with `store: etcd` in its cluster file',
    httpStatus: 409,
  },
  'cli/drill-not-whole': {
    message: 'the store is not whole, so that a drill would say nothing: {why}',
    next: 'wait until `muster status` says "ok"',
    httpStatus: 409,
  },
  'cli/up-meanwhile': {
    message: 'somebody brought the cluster up again meanwhile',
    next: 'run `muster down` again when it is to be down',
    httpStatus: 409,
  },
  'cli/would-lose-quorum': {
    message: 'that would leave {left} of {voters} voters with their data, and {needed} are needed',
    next: 'stop fewer at a time and wait until `muster status` says "ok"; `muster down` with no names saves all first; --discard does it all the same',
    httpStatus: 409,
  },
  'cli/no-reboot-lock': {
    message: 'the store that holds the reboot lock does not answer: {why}',
    next: 'look at `muster status`; `muster reboot NAME --no-lock` does without the lock',
    httpStatus: 503,
    retry: 'later',
  },
  'cli/roll-unfinished': {
    message: 'the last roll stopped at {at}, with {left} left: {why}',
    next: 'go on with it (`muster reboot --rolling --resume`), or begin anew (`--restart`)',
    httpStatus: 409,
  },
  'cli/no-roll': {
    message: 'there is no roll that stopped',
    next: 'begin one with `muster reboot --rolling`',
    httpStatus: 404,
  },
  'cli/file-differs': {
    message: 'the cluster file {file} holds changes that were not applied',
    next: 'apply them first (`muster up`, `muster apply`), or take them back; then set the image',
    httpStatus: 409,
  },
  'cli/would-empty-disks': {
    message: '{names} run and cannot be heard, and starting them anew would empty disks that the store needs',
    next: 'mend their way to the control process, then run `muster up` again; `muster reboot NAME` gives a disk up',
    httpStatus: 409,
  },
  'cli/drill-unreadable': {
    message: 'nobody answered at the end of the drill, so that nobody knows what was lost: {why}',
    next: 'look at `muster status` and `muster events`',
    httpStatus: 503,
  },
  'cli/cannot-seal': {
    message: 'the store cannot be saved before the machines stop: {why}',
    next: 'mend the store first (`muster status`), or give up what it holds: `muster down --discard`',
    httpStatus: 409,
  },
  'cli/bad-snapshot': {
    message: 'the snapshot "{path}" is not whole',
    next: 'try again; if it stays so, look at the log of the member it came from',
    httpStatus: 502,
  },
  'cli/damaged-snapshot': {
    message: 'the snapshot "{path}" cannot be used: {why}',
    next: 'name another one; `muster backup list` checks every backup',
    httpStatus: 400,
  },
  'cli/nothing-to-recover': {
    message: 'nothing was changed, there is nothing to recover: {why}',
    next: '{next}',
    httpStatus: 409,
  },
  'cli/may-be-alive': {
    message: 'nothing was changed: {who}',
    next: 'bring them back or power them off, so that they cannot go on with the old cluster; if you know that they never will: `muster recover --insist {cluster}`',
    httpStatus: 409,
  },
  'cli/no-source': {
    message: 'nothing was changed, there is nothing to recover from: {why}',
    next: '{next}',
    httpStatus: 404,
  },
  'cli/recover-not-confirmed': {
    message: 'not recovered, nothing was changed: nobody confirmed it',
    next: 'run it on a terminal and answer with the name of the cluster, or pass --yes',
    httpStatus: 400,
  },
  'cli/recover-unfinished': {
    message: 'the cluster is not whole after {seconds} s: {why}',
    next: '{next}',
    httpStatus: 503,
    retry: 'later',
  },
  'cli/no-quorum-to-save': {
    message: 'no backup was taken: no quorum of the store answers: {why}',
    next: 'look at `muster status`; what a member without quorum holds may be old',
    httpStatus: 503,
    retry: 'later',
  },
  'cli/no-backups-here': {
    message: 'this cluster runs no etcd of its own',
    next: 'save the embedded store with `muster store backup FILE`',
    httpStatus: 409,
  },
  'cli/no-plan': {
    message: 'the store holds no cluster file that can be followed',
    next: 'run `muster up`, which writes the one on the disk',
    httpStatus: 503,
  },
  'cli/never-up': {
    message: 'this cluster was never brought up',
    next: 'bring it up with `muster up`',
    httpStatus: 404,
  },
  'cli/no-log': {
    message: 'there is no log of unit "{unit}" on machine "{name}"',
    next: 'units with a log: {known}',
    httpStatus: 404,
  },
  'cli/no-shell': {
    message: 'machine "{name}" has no node root on this computer',
    next: 'power it on with `muster up {name}`; machines elsewhere are reached with ssh',
    httpStatus: 409,
  },
  'cli/disk-full': {
    message: 'the disk is full: cannot write {what}',
    next: 'free space on the disk that holds it and run the command again',
    httpStatus: 507,
  },
  'cli/copied-folder': {
    message: 'the folder {path} is a copy of {original}, with the identity of that cluster',
    next: 'remove the copy: one cluster cannot live in two folders; back up a store with its own tools',
    httpStatus: 409,
  },
  'cli/not-private': {
    message: 'the folder {path} is open to others',
    next: "run `chmod -R go-rwx '{path}'`, or move it away: muster keeps it private to its owner",
    httpStatus: 403,
  },
  'cli/not-owner': {
    message: 'the folder {path} belongs to another user',
    next: 'run the command as that user, or make a cluster in a folder of your own',
    httpStatus: 403,
  },
  'cli/other-file': {
    message: 'the state in {folder}/.muster belongs to the cluster file "{other}", not to "{file}"',
    next: 'name it with --file {other}, or keep each cluster file in a folder of its own',
    httpStatus: 409,
  },
  'cli/damaged-state': {
    message: 'the record {path} is damaged',
    next: 'remove the cluster with `muster destroy`, which does not need it, and bring it up anew',
    httpStatus: 500,
  },
  'cli/unknown-member': {
    message: 'the cluster has no member "{text}"',
    next: 'its members are: {known}',
    httpStatus: 404,
  },
  'cli/ambiguous-member': {
    message: '"{text}" could be any of {count} members: {known}',
    next: 'give the ID, with 0x before it',
    httpStatus: 409,
  },
  'cli/member-exists': {
    message: 'member {member} has {what} already; nothing was changed',
    next: 'if its machine is gone for good, remove it first (`muster member remove {member}`); otherwise choose another',
    httpStatus: 409,
  },
  'cli/stops-writes': {
    message:
      'not added: with a second voter the cluster can write nothing until "{name}" runs, and for ever if it never does',
    next: 'add it with --learner, start it and promote it; or pass --yes',
    httpStatus: 409,
  },
  'cli/too-few-voters': {
    message:
      'not removed: without {member}, {running} of {left} voters would run where {needed} are needed: {why}',
    next: 'start what is missing first, or add a member in its place; --force leaves the decision to etcd',
    httpStatus: 409,
  },
  'cli/member-refused': {
    message: 'cannot {attempt}: {refusal}{why}',
    next: '{next}',
    httpStatus: 409,
    retry: 'later',
  },
  'cli/takes-no-other': {
    message: 'cannot {attempt}: this store is made for one member and takes no other',
    next: 'restore a backup of it into a cluster of etcd, and change the address of the clients',
    httpStatus: 409,
  },
  'cli/learner-moves': {
    message:
      'not updated: {member} is a learner, and etcd would list it as a voter from then on, without its vote',
    next: 'promote it first; or remove it and add it with the new peer URLs',
    httpStatus: 409,
  },
  'cli/no-leader': {
    message: 'the cluster has no leader, so no member can tell what the others agree on: {why}',
    next: 'start the members that are down; with more than half of the voters back it goes on by itself',
    httpStatus: 503,
    retry: 'later',
  },
  'cli/file-refused': {
    message: 'cannot use {path}: {why}',
    next: '{next}',
    httpStatus: 403,
  },
  'cli/discovery-refused': {
    message: 'the discovery service at {url} refused: {why}',
    next: '{next}',
    httpStatus: 409,
  },
  'cli/discovery-unreachable': {
    message: 'the discovery service at {url} does not answer: {why}',
    next: 'look whether it runs there; name another one with --url',
    httpStatus: 503,
    retry: 'later',
  },
  'cli/no-operator-key': {
    message: "there is no operator's key in {path}",
    next: 'run the command as the user and on the computer of the service, or name its key with --key-file',
    httpStatus: 403,
  },
} as const satisfies ErrorTable;

export const fail = errorsOf(cliErrors);
