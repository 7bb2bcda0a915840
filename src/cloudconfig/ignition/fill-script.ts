// SPDX-License-Identifier: Apache-2.0

import { findVariables } from '../substitute.js';

/** Where platforms tell addresses: names end like this in /run/metadata, whatever stands before them. */
const metadataNames = {
  private_ipv4: 'IPV4_LOCAL|IPV4_PRIVATE_0|IP_LOCAL_0|IPV4_DYNAMIC|PRIVATE_IPV4',
  public_ipv4: 'IPV4_PUBLIC|IPV4_PUBLIC_0|IP_EXTERNAL_0|IPV4_VIRTUAL|PUBLIC_IPV4',
  private_ipv6: 'IPV6_LOCAL|IPV6_PRIVATE_0|PRIVATE_IPV6',
  public_ipv6: 'IPV6_PUBLIC|IPV6_PUBLIC_0|PUBLIC_IPV6',
} as const;

/**
 * A script that fills variables into files, each time from the text that they were written with: addresses are those
 * that the platform tells (afterburn, on Flatcar coreos-metadata), else that of the default route. It ends with an
 * error when an IPv4 address that is asked for is not known; other values are then left empty, as in cloud-config.
 * Its one argument, a folder, takes the place of `/`.
 */
export function fillScript(files: readonly { readonly path: string; readonly text: string }[]): string {
  const used = new Set(files.flatMap(({ text }) => findVariables(text).map(({ name }) => name)));
  const needed = ['private_ipv4', 'public_ipv4'].filter((name) => used.has(`$${name}`));
  return `#!/bin/bash
# Fills variables into files that were converted from a cloud-config.
set -euo pipefail
root=\${1:-}
metadata=$(cat "$root"/run/metadata/{flatcar,coreos,afterburn} 2>/dev/null || true)
told() { grep -E "^[A-Z0-9_]+_($1)=" <<<"$metadata" | head -n 1 | cut -d = -f 2- || true; }
routed() { ip "$1" route get "$2" 2>/dev/null | sed -n 's/.* src \\([^ ]*\\).*/\\1/p' | head -n 1 || true; }
private_ipv4=$(told '${metadataNames.private_ipv4}')
private_ipv4=\${private_ipv4:-$(routed -4 192.0.2.1)}
public_ipv4=$(told '${metadataNames.public_ipv4}')
public_ipv4=\${public_ipv4:-$private_ipv4}
private_ipv6=$(told '${metadataNames.private_ipv6}')
private_ipv6=\${private_ipv6:-$(routed -6 2001:db8::1)}
public_ipv6=$(told '${metadataNames.public_ipv6}')
public_ipv6=\${public_ipv6:-$private_ipv6}
muster_hostname=$(uname -n)
muster_name=\${muster_hostname%%.*}
muster_machine_id=$(cat "$root"/etc/machine-id 2>/dev/null || true)
for name in ${needed.join(' ')}; do
  [ -n "\${!name}" ] || { echo "the address for \\$$name is not known" >&2; exit 1; }
done
fill=(-e 's/\\\\\\$\\(\\(private\\|public\\)_ipv[46]\\|muster_\\(name\\|hostname\\|machine_id\\)\\b\\)/\\x01\\1/g')
for name in private_ipv4 public_ipv4 private_ipv6 public_ipv6; do
  fill+=(-e "s/\\$$name/\${!name}/g")
done
for name in muster_name muster_hostname muster_machine_id; do
  fill+=(-e "s/\\$$name\\\\b/\${!name}/g")
done
fill+=(-e 's/\\x01/$/g')
while read -r path; do
  template=$root/var/lib/muster/templates$path
  if [ ! -e "$template" ]; then
    mkdir -p "\${template%/*}"
    cp -p "$root$path" "$template"
  fi
  cp -p "$template" "$root$path.muster"
  sed "\${fill[@]}" "$template" >"$root$path.muster"
  mv "$root$path.muster" "$root$path"
done <<'END'
${files.map(({ path }) => `${path}\n`).join('')}END
`;
}
