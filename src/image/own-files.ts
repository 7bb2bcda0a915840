// SPDX-License-Identifier: Apache-2.0

/** A file or a link of the image's system; `path` is absolute. */
export type ImageFile =
  | { readonly path: string; readonly content: string }
  | { readonly path: string; readonly target: string };

/**
 * Units that a machine in memory has no use for, and that take time at every boot. A console to log in at is among
 * them: nobody has a password.
 */
const masked = [
  'apt-daily-upgrade.timer',
  'apt-daily.timer',
  'dev-hugepages.mount',
  'dev-mqueue.mount',
  'dpkg-db-backup.timer',
  'e2scrub_all.timer',
  'e2scrub_reap.service',
  'fstrim.timer',
  'getty-static.service',
  'getty@tty1.service',
  'hibernate-cleanup.service',
  'kmod-static-nodes.service',
  'ldconfig.service',
  'modprobe@configfs.service',
  'modprobe@drm.service',
  'modprobe@efi_pstore.service',
  'modprobe@fuse.service',
  'proc-sys-fs-binfmt_misc.automount',
  'serial-getty@ttyS0.service',
  'sys-fs-fuse-connections.mount',
  'sys-kernel-config.mount',
  'sys-kernel-debug.mount',
  'sys-kernel-tracing.mount',
  'systemd-binfmt.service',
  'systemd-creds.socket',
  'systemd-firstboot.service',
  'systemd-hibernate-clear.service',
  'systemd-hostnamed.socket',
  'systemd-hwdb-update.service',
  'systemd-initctl.socket',
  'systemd-journal-catalog-update.service',
  'systemd-journal-flush.service',
  'systemd-networkd-persistent-storage.service',
  'systemd-pcrmachine.service',
  'systemd-pcrphase-sysinit.service',
  'systemd-pcrphase.service',
  'systemd-pstore.service',
  'systemd-random-seed.service',
  'systemd-sysext.service',
  'systemd-sysext.socket',
  'systemd-sysusers.service',
  'systemd-tpm2-setup-early.service',
  'systemd-tpm2-setup.service',
  'systemd-udev-load-credentials.service',
  'systemd-update-done.service',
  'systemd-update-utmp-runlevel.service',
  'systemd-update-utmp.service',
];

/** Of systemd; each is a program that runs before anything else does. */
const maskedGenerators = [
  'systemd-getty-generator',
  'systemd-gpt-auto-generator',
  'systemd-hibernate-resume-generator',
  'systemd-rc-local-generator',
  'systemd-run-generator',
  'systemd-system-update-generator',
  'systemd-sysv-generator',
  'systemd-tpm2-generator',
];

/**
 * Most of what a kernel shows to udev at the start is modules, virtual terminals and the like, on which no rule acts here;
 * an emulated machine takes seconds for them.
 */
const coldplug = `[Service]
ExecStart=
ExecStart=-udevadm trigger --type=devices --action=add --prioritized-subsystem=net,block ${[
  'acpi',
  'clockevents',
  'clocksource',
  'event_source',
  'mem',
  'memory',
  'tty',
  'vc',
  'vtconsole',
  'wakeup',
  'workqueue',
]
  .map((subsystem) => `--subsystem-nomatch=${subsystem}`)
  .join(' ')}
`;

/** On every card that a DHCP server answers; a file of the machine for one card comes before it. */
const network = `[Match]
Type=ether

[Link]
RequiredForOnline=no

[Network]
DHCP=ipv4
LinkLocalAddressing=no
IPv6AcceptRA=no

[DHCPv4]
ClientIdentifier=mac
`;

const resolvPath = `[Unit]
Description=name servers that DHCP has told

[Path]
PathChanged=/run/systemd/netif/state

[Install]
WantedBy=multi-user.target
`;

const resolvService = `[Unit]
Description=name servers that DHCP has told

[Service]
Type=oneshot
ExecStart=/bin/sh -c 'sed -n "s/^DNS=//p" /run/systemd/netif/state | tr " " "\\\\n" | sed "s/^/nameserver /" > /run/resolv.conf'
`;

/** Keys of the host come into being at the first start: an image has none. One kind, since the others take long. */
const ssh = `[Service]
ExecStartPre=
ExecStartPre=/bin/sh -c 'test -e /etc/ssh/ssh_host_ed25519_key || ssh-keygen -q -t ed25519 -N "" -f /etc/ssh/ssh_host_ed25519_key'
ExecStartPre=/usr/sbin/sshd -t
`;

/** The kernel gives its own file system half of the memory, of which the image alone takes most with 768 MB. */
const fstab = 'rootfs / tmpfs size=90% 0 0\n';

/** The files that make a Debian system a machine in memory. Pure. */
export const ownFiles: readonly ImageFile[] = [
  { path: '/init', target: 'usr/lib/systemd/systemd' },
  // Empty: the machine gets its ID from its kernel's command line, and no unit takes it for a first boot.
  { path: '/etc/machine-id', content: '' },
  { path: '/etc/hostname', content: 'unnamed\n' },
  { path: '/etc/hosts', content: '127.0.0.1 localhost\n::1 localhost ip6-localhost\n' },
  { path: '/etc/resolv.conf', target: '../run/resolv.conf' },
  { path: '/etc/fstab', content: fstab },
  { path: '/etc/sudoers.d/core', content: 'core ALL=(ALL) NOPASSWD: ALL\n' },
  { path: '/etc/systemd/network/80-dhcp.network', content: network },
  {
    path: '/etc/systemd/journald.conf.d/10-muster.conf',
    content: '[Journal]\nStorage=volatile\nRuntimeMaxUse=32M\n',
  },
  { path: '/etc/systemd/system.conf.d/10-muster.conf', content: '[Manager]\nDefaultTimeoutStopSec=30s\n' },
  {
    path: '/etc/systemd/system/multi-user.target.wants/systemd-networkd.service',
    target: '/usr/lib/systemd/system/systemd-networkd.service',
  },
  {
    path: '/etc/systemd/system/sockets.target.wants/systemd-networkd.socket',
    target: '/usr/lib/systemd/system/systemd-networkd.socket',
  },
  {
    path: '/etc/systemd/system/multi-user.target.wants/ssh.service',
    target: '/usr/lib/systemd/system/ssh.service',
  },
  { path: '/etc/systemd/system/ssh.service.d/10-muster.conf', content: ssh },
  {
    path: '/etc/ssh/sshd_config.d/10-muster.conf',
    content:
      'HostKey /etc/ssh/ssh_host_ed25519_key\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n',
  },
  { path: '/usr/lib/systemd/system/muster-resolv.path', content: resolvPath },
  { path: '/usr/lib/systemd/system/muster-resolv.service', content: resolvService },
  {
    path: '/etc/systemd/system/multi-user.target.wants/muster-resolv.path',
    target: '/usr/lib/systemd/system/muster-resolv.path',
  },
  { path: '/etc/systemd/system/default.target', target: '/usr/lib/systemd/system/multi-user.target' },
  { path: '/usr/bin/muster', target: '../lib/muster/bin/muster' },
  // Before udev begins: a card whose driver is there is among the first that it looks at.
  { path: '/etc/modules-load.d/10-muster.conf', content: 'virtio_net\n' },
  { path: '/etc/systemd/system/systemd-udev-trigger.service.d/10-muster.conf', content: coldplug },
  ...maskedGenerators.map((name) => ({
    path: `/etc/systemd/system-generators/${name}`,
    target: '/dev/null',
  })),
  ...masked.map((unit) => ({ path: `/etc/systemd/system/${unit}`, target: '/dev/null' })),
];
