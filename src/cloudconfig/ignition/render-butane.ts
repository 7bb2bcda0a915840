// SPDX-License-Identifier: Apache-2.0

import { type DataProblem, quoteValue } from '../../spec/index.js';
import { renderYaml } from '../render-yaml.js';
import { decodeDataUrl, textOfBytes } from './data-url.js';
import type { IgnitionVariant } from './piece.js';
import type { IgnitionConfig } from './schema.js';
import { readVersion } from './versions.js';

/** Versions of a variant, by the minor version of spec 3 that they make. Source: butane v0.25, config/config.go. */
const versions: Readonly<Record<IgnitionVariant, Readonly<Record<number, string>>>> = {
  flatcar: { 3: '1.0.0', 4: '1.1.0' },
  fcos: { 3: '1.4.0', 4: '1.5.0', 5: '1.6.0', 6: '1.7.0' },
};

export interface Butane {
  readonly text: string;
  readonly problems: readonly DataProblem[];
}

/** An Ignition config as Butane: keys with underscores, modes in octal, text in blocks. */
export function renderButane(config: IgnitionConfig, variant: IgnitionVariant): Butane {
  const wanted = minorOf(config.ignition.version);
  const newest = Math.max(...Object.keys(versions[variant]).map(Number));
  const version = versions[variant][Math.min(wanted, newest)];
  const { ignition, ...rest } = config;
  const { version: _, ...head } = ignition;
  const data = { variant, version, ...(Object.keys(head).length > 0 && { ignition: head }), ...rest };
  const message = `Butane has no version for ${variant} that makes ${quoteValue(ignition.version)}`;
  const hint = `it is written as version ${version}, which makes 3.${newest}.0: what is newer does not pass`;
  const path = ['ignition', 'version'];
  return {
    text: renderYaml(recordOf(toButane(data))),
    problems: wanted > newest ? [{ severity: 'error', path, at: 'value', message, hint }] : [],
  };
}

/** Of spec 3; 3 is the least that there is a version for. */
function minorOf(version: string): number {
  const read = readVersion(version);
  return Math.max(3, read.kind === 'known' ? read.minor : 3);
}

function toButane(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toButane);
  if (typeof value !== 'object' || value === null) return value;
  const { source, ...rest } = recordOf(value);
  const inline = rest.compression === undefined ? inlineOf(source) : undefined;
  const entries = Object.entries(inline === undefined ? value : { ...rest, inline });
  // Long text comes last, so that what is short is seen beside the name.
  const ordered = [
    ...entries.filter(([key]) => key !== 'contents'),
    ...entries.filter(([key]) => key === 'contents'),
  ];
  return Object.fromEntries(ordered.map(([key, inner]) => [butaneKey(key), toButane(inner)]));
}

function inlineOf(source: unknown): string | undefined {
  const bytes = typeof source === 'string' ? decodeDataUrl(source) : undefined;
  return bytes === undefined || bytes.length === 0 ? undefined : textOfBytes(bytes);
}

/** `sshAuthorizedKeys` is `ssh_authorized_keys`, `sizeMiB` is `size_mib`. */
function butaneKey(key: string): string {
  return key.replace('MiB', '_mib').replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
