// SPDX-License-Identifier: Apache-2.0

import type { MachineMarks } from '../../../model/index.js';
import { fail } from '../../errors.js';
import type { Script } from './script.js';

/** What a machine's firmware knows of itself, and where it begins. */
export interface FirmwareMachine {
  readonly marks: MachineMarks;
  /** The first script, http or https. */
  readonly bootUrl: string;
}

/** What a script chose to boot. */
export interface BootedKernel {
  /** Always `muster-agent`. */
  readonly kernel: string;
  /** Absolute URLs; not fetched, since the agent has no use for them. */
  readonly initrds: readonly string[];
  readonly commandLine: string;
}

/** What the interpreter wants done outside; it goes on with the answer. */
export type Demand =
  | { readonly kind: 'fetch'; readonly url: string }
  | { readonly kind: 'sleep'; readonly ms: number }
  | { readonly kind: 'print'; readonly text: string };

/** The answer to `fetch`; the other demands have none. */
export type Fetched =
  | { readonly kind: 'fetched'; readonly text: string }
  | { readonly kind: 'not-fetched'; readonly reason: string };

/** A part of the interpreter: pure, its effects are the demands it yields. */
export type Steps<T> = Generator<Demand, T, Fetched | undefined>;

/** How a command ended, and what that means for its line and its script. */
export type Result =
  | { readonly kind: 'ok' }
  /** `isFetch`: the boot server may yet come back, so that trying again makes sense. */
  | { readonly kind: 'failed'; readonly reason: string; readonly isFetch: boolean }
  | { readonly kind: 'goto'; readonly index: number }
  | { readonly kind: 'exit'; readonly isOk: boolean }
  | { readonly kind: 'replace'; readonly source: Source }
  | { readonly kind: 'boot'; readonly kernel: BootedKernel };

export interface Source {
  readonly url: string;
  readonly text: string;
}

/** Where a command stands. */
export interface Scope {
  readonly url: string;
  readonly script: Script;
  /** How many scripts wait for this one to end. */
  readonly depth: number;
}

/** The state of one boot, from power-on to kernel. Only the interpreter that made it changes it. */
export interface Memory {
  readonly variables: Map<string, string>;
  kernel: { readonly kernel: string; readonly commandLine: string } | undefined;
  initrds: readonly string[];
  /** Lines done since the last fetch or sleep. */
  linesSinceWait: number;
}

const maxLinesBetweenWaits = 10_000;

export function openMemory(marks: MachineMarks): Memory {
  const variables = new Map([
    ['platform', 'local'],
    ['manufacturer', 'muster'],
    ['product', 'local machine'],
  ]);
  for (const [name, value] of Object.entries(marks)) variables.set(name, value);
  return { variables, kernel: undefined, initrds: [], linesSinceWait: 0 };
}

/** Counts a line. Throws `providers/script-loops` once too many were done with nothing to wait for between. */
export function countLine(memory: Memory, url: string, line: number): void {
  memory.linesSinceWait += 1;
  if (memory.linesSinceWait > maxLinesBetweenWaits) throw fail('providers/script-loops', { url, line });
}

export function failed(reason: string): Result {
  return { kind: 'failed', reason, isFetch: false };
}

/** Text from the network as one line of a console: control characters could steer the terminal that shows it. */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]/gu, '?');
}
