// SPDX-License-Identifier: Apache-2.0

/** Where in the new system the finished parts are put, to be taken from there. */
export const outFolder = '/muster-image';

/**
 * Kept of the kernel's modules, by their folder or name, with all that these need: cards and disks of virtual machines and of
 * metal, as far as the kernel's package has them, and the file systems of a disk.
 */
const modules = [
  'drivers/ata',
  'drivers/block/loop.ko*',
  'drivers/block/virtio_blk.ko*',
  'drivers/char/hw_random/virtio-rng.ko*',
  'drivers/md/dm-mod.ko*',
  'drivers/net/ethernet',
  'drivers/net/virtio_net.ko*',
  'drivers/net/vmxnet3',
  'drivers/nvme',
  'drivers/scsi/sd_mod.ko*',
  'drivers/scsi/virtio_scsi.ko*',
  'drivers/virtio',
  'fs/ext4',
  'fs/overlayfs',
  'fs/squashfs',
];

/** What makes packages is needed until the end, and is only not packed. */
const unpacked = [
  'etc/apt',
  'usr/bin/apt*',
  'usr/bin/dpkg*',
  'usr/lib/apt',
  'usr/lib/dpkg',
  'usr/lib/*/libapt-*',
  'usr/sbin/dpkg*',
  'usr/share/dpkg',
  'var/cache/*',
  'var/lib/apt',
  'var/lib/dpkg',
];

/** For people who administer a system that lives for long, or in other languages. */
const removed = [
  'boot/*',
  'etc/cron.*',
  // Debian's etcd has a script there as well, which systemd would start.
  'etc/init.d',
  'etc/rc?.d',
  'etc/initramfs-tools',
  'etc/logrotate.d',
  'etc/ssh/ssh_host_*',
  // Debian's own; muster brings one under etcd2's name, which this one takes as its second.
  'etc/systemd/system/etcd*.service',
  'etc/systemd/system/multi-user.target.wants/etcd*.service',
  'usr/lib/systemd/system/etcd.service',
  'etc/.pwd.lock',
  'etc/*-',
  'initrd.img*',
  'vmlinuz*',
  'root/.??*',
  'usr/bin/corepack',
  'usr/bin/sqv',
  'usr/bin/etcdutl',
  'usr/bin/perl*',
  'usr/games',
  'usr/include',
  'usr/lib/locale/[a-bd-zA-Z]*',
  'usr/lib/systemd/boot',
  'usr/lib/systemd/system-generators/systemd-ssh-generator',
  'usr/lib/udev/hwdb.bin',
  'usr/lib/udev/hwdb.d',
  'usr/lib/*/gconv',
  'usr/lib/*/perl*',
  'usr/share/bash-completion',
  'usr/share/bug',
  'usr/share/common-licenses',
  'usr/share/doc',
  'usr/share/doc-base',
  'usr/share/i18n',
  'usr/share/info',
  'usr/share/initramfs-tools',
  'usr/share/lintian',
  'usr/share/locale',
  'usr/share/man',
  'usr/share/nodejs/@types',
  'usr/share/nodejs/corepack',
  'usr/share/perl*',
  'usr/share/polkit-1',
  'usr/share/systemd/kbd-model-map',
  'usr/share/zoneinfo/[A-TV-Z]*',
  'usr/share/zsh',
  'var/backups/*',
  'var/lib/dbus/machine-id',
  'var/lib/systemd/*',
  'var/log/*',
  'var/tmp/*',
  'tmp/*',
];

/**
 * A script for `sh` that takes out of the system below `$1` what machines have no use for, and leaves the kernel and
 * the list of packages in `outFolder`.
 */
export const trimScript = `set -eu
export LC_ALL=C
cd "$1"
out=$1${outFolder}
mkdir -p "$out"
dpkg-query --admindir=var/lib/dpkg -W -f '\${Package}\\t\${Version}\\n' | sort > "$out/packages"
set -- lib/modules/*
echo "$#" > "$out/kernels"
[ "$#" = 1 ] || exit 0
find usr/share/doc -type f \\( -name 'changelog*' -o -name copyright \\) -printf '%Ts\\n' | sort -n | tail -1 > "$out/newest"
release=\${1##*/}
echo "$release" > "$out/release"
cp "boot/vmlinuz-$release" "$out/kernel"
cd "lib/modules/$release"
for one in ${modules.join(' ')}; do
  for found in kernel/$one; do [ ! -e "$found" ] || find "$found" -type f; done
done | sort -u > "$out/wanted"
awk -F '[: ]+' 'NR == FNR { wanted[$1]; next } $1 in wanted { for (i = 1; i <= NF; i++) if ($i != "") print $i }' "$out/wanted" modules.dep | sort -u > "$out/kept"
find kernel -type f | sort > "$out/all"
comm -23 "$out/all" "$out/kept" | xargs -r rm
find kernel -depth -type d -empty -delete
cd - > /dev/null
depmod -b . "$release"
# As on CoreOS: the user that ssh_authorized_keys are of.
chroot . useradd -M -U -u 500 -s /bin/bash -G sudo core 2> /dev/null
mkdir -p home/core
chown 500:500 home/core
chmod 440 etc/sudoers.d/core
rm -rf ${removed.join(' ')}
find usr -name '*.pyc' -delete
rm "$out/wanted" "$out/kept" "$out/all"
chown -hR 0:0 init usr/bin/muster usr/lib/muster usr/lib/systemd/system etc/systemd etc/ssh
`;

/**
 * A script for `sh` that packs the system below `$1` as a kernel unpacks it: sorted, with one time for all, no number of
 * this computer's disk in it. Equal files make equal bytes. Where the kernel's own file systems go is left out: systemd makes
 * these folders, and here something is mounted on them.
 *
 * Source: Linux 6.12, Documentation/driver-api/early-userspace/buffer-format.rst ("newc").
 */
export function packScript(epochSeconds: number | undefined, level: number): string {
  return `set -eu
export LC_ALL=C
cd "$1"
[ "$(cat .${outFolder}/kernels)" = 1 ] || exit 0
epoch=${epochSeconds ?? `$(cat .${outFolder}/newest)`}
echo "$epoch" > .${outFolder}/epoch
files() { find . -xdev \\( -path .${outFolder} -o -path ./dev -o -path ./proc -o -path ./sys ${unpacked.map((path) => `-o -path './${path}'`).join(' ')} \\) -prune -o -print0; }
files | xargs -0 touch -h -d "@$epoch"
files | sort -z | cpio --null --reproducible --quiet -o -H newc > .${outFolder}/initrd.cpio
stat -c %s .${outFolder}/initrd.cpio > .${outFolder}/unpacked
zstd -q --rm -T0 -${level} -f .${outFolder}/initrd.cpio -o .${outFolder}/initrd
`;
}
