// SPDX-License-Identifier: Apache-2.0

import { fail } from '../errors.js';

// Source of iPXE's rules: ipxe/ipxe src/core/exec.c and src/image/script.c (one command per line, words parted
// by blanks, no quoting, `#` at the start of a word begins a comment), and trials with the ROM of 2019.

/** What iPXE knows of its machine. Free text goes as `:uristring`, a MAC as `:hexhyp`. */
const query = [
  `uuid=${variable('uuid')}`,
  `mac=${variable('mac:hexhyp')}`,
  `serial=${variable('serial:uristring')}`,
  `asset=${variable('asset:uristring')}`,
  `manufacturer=${variable('manufacturer:uristring')}`,
  `product=${variable('product:uristring')}`,
  `arch=${variable('arch:uristring')}`,
  `platform=${variable('platform:uristring')}`,
  `hostname=${variable('hostname:uristring')}`,
].join('&');

/** Everything a machine's own script says. */
export interface IpxeBoot {
  readonly machine: string;
  readonly kernel: string;
  readonly initrds: readonly string[];
  readonly args: readonly string[];
}

/**
 * The script that every machine fetches first: it is the same for all and asks for the machine's own. A script
 * that fails would drop the machine into "no bootable device", so this one tries for ever.
 */
export function renderChain(controlUrl: string): string {
  return lines([
    '#!ipxe',
    '# muster: asks for the script of this very machine',
    // A BIOS iPXE calls itself i386 on any processor.
    `cpuid --ext 29 && set arch x86_64 || set arch ${variable('buildarch')}`,
    ':retry',
    `chain --replace --autofree ${controlUrl}/ipxe?${query} || echo muster: no answer, asking again in 5 seconds`,
    'sleep 5',
    'goto retry',
  ]);
}

/**
 * Loads and starts the kernel. After a failure the machine asks anew, from the start: what it should boot
 * may have changed. EFI kernels find an initrd by its name only, hence `initrd=` and `--name`.
 *
 * @throws `boot/unfit-word` when a word of the profile would end or comment out the line
 */
export function renderBoot(boot: IpxeBoot, controlUrl: string): string {
  const names = boot.initrds.map((_, index) => (index === 0 ? 'main' : `part-${index + 1}`));
  const args = [...names.map((name) => `initrd=${name}`), ...boot.args];
  const kernel = [url(boot, boot.kernel), ...args.map((arg) => argument(boot, arg))].join(' ');
  return lines([
    '#!ipxe',
    `echo muster: this machine is ${argument(boot, boot.machine)}`,
    'imgfree',
    `kernel ${kernel} || goto retry`,
    ...boot.initrds.map((initrd, i) => `initrd --name ${names[i]} ${url(boot, initrd)} || goto retry`),
    'boot || goto retry',
    ':retry',
    'echo muster: this machine could not be booted, trying again in 5 seconds',
    ...askAgain(controlUrl, 5),
  ]);
}

/** For a machine that nobody knows. It says its marks itself, so that nothing a stranger sent is sent back. */
export function renderUnknown(controlUrl: string): string {
  const marks = `mac ${variable('mac')} or uuid ${variable('uuid')} or serial ${variable('serial')}`;
  return lines([
    '#!ipxe',
    `echo muster: no machine of this cluster has ${marks}`,
    'echo muster: let it in with muster machine accept, asking again every 5 seconds',
    ':retry',
    ...askAgain(controlUrl, 5),
  ]);
}

/** For a machine that is known, and has nothing to boot yet. */
export function renderAway(machine: string, why: string, controlUrl: string): string {
  const boot = { machine, kernel: '', initrds: [], args: [] };
  return lines([
    '#!ipxe',
    `echo muster: this machine is ${argument(boot, machine)}, and waits: ${plain(why)}`,
    ':retry',
    ...askAgain(controlUrl, 5),
  ]);
}

/** Words of people on one line of a script: nothing in it ends the line, begins a command or is expanded. */
function plain(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]|[#$;&|\\]/g, '_');
}

/** For any machine while there is no cluster to boot into. */
export function renderNotReady(controlUrl: string): string {
  return lines([
    '#!ipxe',
    'echo muster: the cluster is not set up yet, asking again every 5 seconds',
    ':retry',
    ...askAgain(controlUrl, 5),
  ]);
}

/** The end of every script that waits, after its label `retry`. */
function askAgain(controlUrl: string, seconds: number): readonly string[] {
  return [`sleep ${seconds}`, `chain --replace --autofree ${controlUrl}/boot.ipxe || goto retry`];
}

/** As iPXE expands it on the machine. */
function variable(name: string): string {
  return `\${${name}}`;
}

function url(boot: IpxeBoot, word: string): string {
  if (word === '' || /\s/.test(word)) throw unfit(boot, 'the URL', word);
  return argument(boot, word);
}

/** Blanks inside an argument are kept by iPXE, which joins the words of the line with one blank each. */
function argument(boot: IpxeBoot, text: string): string {
  const isUnfit = text.split(' ').some((word) => /^(\|\||&&|;)$|^#|[\p{Cc}\p{Zl}\p{Zp}]/u.test(word));
  if (isUnfit || text.endsWith('\\')) throw unfit(boot, 'the argument', text);
  return text;
}

function unfit(boot: IpxeBoot, what: string, word: string) {
  return fail('boot/unfit-word', { machine: boot.machine, what, word });
}

function lines(all: readonly string[]): string {
  return `${all.join('\n')}\n`;
}
