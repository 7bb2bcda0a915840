#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# usage: systemd-machine.sh FOLDER ROOT
# Boots systemd as the first process of namespaces of its own. Its `/` is ROOT, of which nothing is changed, with what
# lies in FOLDER/files over it; all that it writes is in memory. FOLDER/command-line is its kernel command line and
# FOLDER/boot-id its boot ID. The network is everybody's. Ends when the machine is off.
set -eu
folder=$1 root=$2
export folder root

# A control group of its own, so that its root is what systemd finds.
exec unshare --mount --fork --kill-child bash -euc '
mkdir -p "$folder/cgroups" "$folder/memory"
mount -t cgroup2 cgroup2 "$folder/cgroups"
group=$folder/cgroups/muster-test-$$
mkdir "$group"
end() { echo $$ > "$folder/cgroups/cgroup.procs"; find "$group" -depth -type d -exec rmdir {} +; }
trap end EXIT
echo $$ > "$group/cgroup.procs"
unshare --mount --pid --cgroup --uts --ipc --fork --kill-child bash -euc "
mount -t tmpfs tmpfs \"\$folder/memory\"
cd \"\$folder/memory\"
mkdir upper work m
cp -a \"\$folder/files/.\" upper/
mount -t overlay overlay -o \"lowerdir=\$root,upperdir=upper,workdir=work\" m
cd m
# Whatever is enabled there is not for this machine.
mount -t tmpfs tmpfs etc/systemd/system
for unit in getty.target systemd-logind systemd-update-utmp systemd-update-utmp-runlevel systemd-user-sessions \
  systemd-ask-password-wall.path systemd-ask-password-console.path systemd-networkd systemd-resolved \
  systemd-timesyncd systemd-sysctl systemd-hwdb-update ldconfig systemd-udev-trigger systemd-udevd \
  systemd-binfmt systemd-firstboot systemd-remount-fs etcd ssh proc-sys-fs-binfmt_misc.automount; do
  case \$unit in *.*) ;; *) unit=\$unit.service ;; esac
  ln -s /dev/null etc/systemd/system/\$unit
done
mount -t tmpfs tmpfs run -o mode=755
mount -t tmpfs tmpfs tmp
mount -t tmpfs tmpfs var/log
mount -t proc proc proc
mount --bind proc/sys proc/sys
mount -o remount,bind,ro proc/sys
mount --bind \"\$folder/command-line\" proc/cmdline
mount --bind \"\$folder/boot-id\" proc/sys/kernel/random/boot_id
mount -t sysfs sysfs sys -o ro
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs tmpfs dev -o mode=755
for device in null zero full random urandom tty; do touch dev/\$device; mount --bind /dev/\$device dev/\$device; done
ln -s /proc/self/fd dev/fd
mkdir dev/shm dev/pts
mkdir old
pivot_root . old
cd /
umount -l old
rmdir old
exec env -i container=muster PATH=/usr/sbin:/usr/bin:/sbin:/bin \
  setpriv --bounding-set -sys_module,-sys_time,-syslog,-sys_rawio,-sys_boot \
  /lib/systemd/systemd --system --unit=multi-user.target --show-status=yes
"
'
