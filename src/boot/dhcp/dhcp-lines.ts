// SPDX-License-Identifier: Apache-2.0

// Source of the options: the manual of dnsmasq 2.90, dhcpd.conf(5) of ISC DHCP 4.4, the reference of Kea 2.4; of the numbers
// of architectures, RFC 4578 and the IANA registry of processor architecture types; of option 175, ipxe.org/howto/dhcpd.

/** iPXE as TFTP files, for firmware that has none, by the numbers with which it tells its architecture (option 93). */
export const ipxeFiles = [
  { tag: 'bios', file: 'undionly.kpxe', architectures: [0], pxeNames: ['X86PC'] },
  { tag: 'efi64', file: 'ipxe.efi', architectures: [7, 9], pxeNames: ['X86-64_EFI', 'BC_EFI'] },
  { tag: 'arm64', file: 'ipxe-arm64.efi', architectures: [11], pxeNames: ['ARM64_EFI'] },
] as const;

/** Firmware of each kind, as DHCP servers tell them apart. */
export type IpxeTag = (typeof ipxeFiles)[number]['tag'];

export interface DhcpLines {
  /** Of the boot server: `http://10.0.0.1:7979`. */
  readonly controlUrl: string;
  /** Address of the TFTP server that has the files. */
  readonly tftp: string;
  /** Kinds of firmware for which there is a file. */
  readonly tags: readonly IpxeTag[];
}

/** Lines for a dnsmasq that gives addresses itself, without those that say which. */
export function renderDnsmasq(lines: DhcpLines): string {
  return text([...dnsmasqMatches(lines), ...dnsmasqBoot(lines, lines.tftp)]);
}

/**
 * Lines for a dnsmasq beside another DHCP server: it adds what to boot, and gives no addresses.
 *
 * @param network first address of the network: `10.0.0.0`
 */
export function renderDnsmasqProxy(lines: DhcpLines, network: string, netmask: string): string {
  const services = filesOf(lines).flatMap(({ file, pxeNames }) =>
    pxeNames.map((name) => `pxe-service=tag:!ipxe,${name},"iPXE",${file}`),
  );
  return text([
    `dhcp-range=${network},proxy,${netmask}`,
    ...dnsmasqMatches(lines),
    ...dnsmasqBoot(lines, lines.tftp),
    ...services,
    // Firmware that is iPXE already asks as any other does.
    ...filesOf(lines).flatMap(({ pxeNames }) =>
      pxeNames.map((name) => `pxe-service=tag:ipxe,${name},"muster",${lines.controlUrl}/boot.ipxe`),
    ),
  ]);
}

function dnsmasqMatches(lines: DhcpLines): readonly string[] {
  return [
    'dhcp-match=set:ipxe,175',
    'dhcp-userclass=set:ipxe,iPXE',
    ...filesOf(lines).flatMap(({ tag, architectures }) =>
      architectures.map((number) => `dhcp-match=set:${tag},option:client-arch,${number}`),
    ),
  ];
}

function dnsmasqBoot(lines: DhcpLines, tftp: string): readonly string[] {
  return [
    `dhcp-boot=tag:ipxe,${lines.controlUrl}/boot.ipxe`,
    ...filesOf(lines).map(({ tag, file }) => `dhcp-boot=tag:!ipxe,tag:${tag},${file},,${tftp}`),
  ];
}

/** Lines for dhcpd.conf, at its top or in a subnet. */
export function renderIsc(lines: DhcpLines): string {
  const files = filesOf(lines).flatMap(({ file, architectures }) => [
    `} elsif ${architectures.map((number) => `option muster-arch = ${hex(number)}`).join(' or ')} {`,
    `  filename "${file}";`,
    `  next-server ${lines.tftp};`,
  ]);
  return text([
    'option muster-arch code 93 = unsigned integer 16;',
    'if exists user-class and option user-class = "iPXE" {',
    `  filename "${lines.controlUrl}/boot.ipxe";`,
    ...files,
    '}',
  ]);
}

/** Client classes for Kea's `Dhcp4`, as JSON. */
export function renderKea(lines: DhcpLines): string {
  const files = filesOf(lines).map(({ tag, file, architectures }) => ({
    name: `muster-${tag}`,
    test: `not (option[77].hex == 'iPXE') and (${architectures.map((number) => `option[93].hex == 0x${number.toString(16).padStart(4, '0')}`).join(' or ')})`,
    'next-server': lines.tftp,
    'boot-file-name': file,
  }));
  const classes = [
    {
      name: 'muster-ipxe',
      test: "option[77].hex == 'iPXE'",
      'boot-file-name': `${lines.controlUrl}/boot.ipxe`,
    },
    ...files,
  ];
  return `${JSON.stringify({ 'client-classes': classes }, null, 2)}\n`;
}

function hex(number: number): string {
  return `00:${number.toString(16).padStart(2, '0')}`;
}

function filesOf({ tags }: DhcpLines) {
  return ipxeFiles.filter(({ tag }) => tags.includes(tag));
}

function text(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`;
}
