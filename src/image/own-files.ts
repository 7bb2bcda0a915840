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
  'getty@tty1.service',
  'getty-static.service',
  'hibernate-cleanup.service',
  'ldconfig.service',
  'proc-sys-fs-binfmt_misc.automount',
  'serial-getty@ttyS0.service',
  'sys-kernel-debug.mount',
  'sys-kernel-tracing.mount',
  'systemd-binfmt.service',
  'systemd-firstboot.service',
  'systemd-hibernate-clear.service',
  'systemd-hostnamed.socket',
  'systemd-hwdb-update.service',
  'systemd-journal-catalog-update.service',
  'systemd-journal-flush.service',
  'systemd-networkd-persistent-storage.service',
  'systemd-pcrmachine.service',
  'systemd-pcrphase-sysinit.service',
  'systemd-pcrphase.service',
  'systemd-random-seed.service',
  'systemd-sysext.service',
  'systemd-sysext.socket',
  'systemd-tpm2-setup-early.service',
  'systemd-tpm2-setup.service',
  'systemd-update-done.service',
  'systemd-update-utmp-runlevel.service',
  'systemd-update-utmp.service',
];

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

/** The files that make a Debian system a machine in memory. Pure. */
export const ownFiles: readonly ImageFile[] = [
  { path: '/init', target: 'usr/lib/systemd/systemd' },
  // Empty: the machine gets its ID from its kernel's command line, and no unit takes it for a first boot.
  { path: '/etc/machine-id', content: '' },
  { path: '/etc/hostname', content: 'unnamed\n' },
  { path: '/etc/hosts', content: '127.0.0.1 localhost\n::1 localhost ip6-localhost\n' },
  { path: '/etc/resolv.conf', target: '../run/resolv.conf' },
  { path: '/etc/fstab', content: '' },
  { path: '/etc/sudoers.d/core', content: 'core ALL=(ALL) NOPASSWD: ALL\n' },
  { path: '/etc/systemd/network/80-dhcp.network', content: network },
  {
    path: '/etc/systemd/journald.conf.d/10-muster.conf',
    content: '[Journal]\nStorage=volatile\nRuntimeMaxUse=32M\n',
  },
  { path: '/etc/systemd/system.conf.d/10-muster.conf', content: '[Manager]\nDefaultTimeoutStopSec=30s\n' },
  { path: '/etc/systemd/system-generators/systemd-getty-generator', target: '/dev/null' },
  { path: '/etc/systemd/system-generators/systemd-gpt-auto-generator', target: '/dev/null' },
  { path: '/etc/systemd/system-generators/systemd-sysv-generator', target: '/dev/null' },
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
  ...masked.map((unit) => ({ path: `/etc/systemd/system/${unit}`, target: '/dev/null' })),
];
