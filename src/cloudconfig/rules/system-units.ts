// SPDX-License-Identifier: Apache-2.0

const services = `
  audit-rules containerd coreos-metadata dbus docker early-docker etcd etcd2 etcd-member flanneld
  flannel-docker-opts fleet ip6tables-restore ip6tables-store iptables-restore iptables-store iscsid locksmithd lvm2-lvmetad
  multipathd nfs-blkmap nfs-idmapd nfs-mountd nfs-server ntpd nfsd polkit rpc-statd rpcbind rkt-gc rkt-metadata sshd
  sshkeys tcsd torcx update-engine update-engine-stub user-cloudinit-proc-cmdline vmtoolsd waagent
`;

const known: ReadonlySet<string> = new Set(
  services
    .trim()
    .split(/\s+/)
    .flatMap((name) => ['service', 'socket', 'timer', 'target'].map((kind) => `${name}.${kind}`)),
);

/** Units that the system brings: those of CoreOS's images, of systemd itself, and what the kernel and /etc/fstab make. */
export function isSystemUnit(name: string): boolean {
  if (known.has(name) || /\.(target|slice|scope|device|swap|automount|mount|network|netdev|link)$/.test(name))
    return true;
  return /^(systemd-|getty@|serial-getty@|container-getty@|emergency|rescue|debug-shell|initrd-|user@|sshd@|modprobe@|autovt@)/.test(
    name,
  );
}
