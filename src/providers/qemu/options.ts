// SPDX-License-Identifier: Apache-2.0

import { z } from 'zod';
import type { OptionParser, OptionProblem } from '../../spec/index.js';
import { fail } from '../errors.js';

/** What a cluster file may say under `provider` of virtual machines, complete. */
export interface QemuOptions {
  /** A path, or a name to be looked for on PATH. */
  readonly program: string;
  readonly memoryMib: number;
  readonly cpus: number;
  /** Of the disk that each machine keeps; `undefined`: it has none. */
  readonly diskMib: number | undefined;
  /** `user`: no right is needed, this computer reaches machines by ports; `bridge`: a network of their own, as root. */
  readonly network: 'user' | 'bridge';
  readonly accel: 'auto' | 'kvm' | 'tcg';
  /** TCP ports of machines that this computer reaches, beside those that muster needs; with `network: user`. */
  readonly ports: readonly number[];
}

const sizePattern = /^(\d{1,7})\s?([MG])(?:i?B)?$/i;

const size = (what: string, leastMib: number, mostMib: number) =>
  z
    .string({ error: `${what} is a text, for example "${leastMib}M"` })
    .superRefine((text, context) => {
      const mib = findMib(text);
      if (mib === undefined)
        context.addIssue({ code: 'custom', message: `"${text}" is no size`, params: { hint: sizeHint } });
      else if (mib < leastMib || mib > mostMib)
        context.addIssue({
          code: 'custom',
          message: `${what} of ${text} is not from ${leastMib}M to ${mostMib / 1024}G`,
        });
    })
    .optional();

const sizeHint = 'write a number with M or G behind it, for example 768M or 4G';

const schema = () =>
  z.strictObject({
    memory: size('a memory', 64, 1024 * 1024).describe('Memory of each machine: 1G when left out.'),
    cpus: z.int().min(1).max(256).optional().describe('Virtual CPUs of each machine: 1 when left out.'),
    disk: size('a disk', 16, 64 * 1024 * 1024).describe(
      'A disk for each machine, such as 4G, that it keeps over reboots and on which etcd has its data; without, everything is in memory.',
    ),
    network: z
      .enum(['user', 'bridge'])
      .optional()
      .describe(
        'user (when left out): needs no rights, machines are reached at ports of this computer; bridge: a bridge with DHCP in a network namespace (Linux, as root).',
      ),
    accel: z
      .enum(['auto', 'kvm', 'tcg'])
      .optional()
      .describe(
        'kvm: the processor runs the machines; tcg: they are emulated; auto (when left out): kvm where it works.',
      ),
    program: z
      .string()
      .regex(/^[^\p{Cc}]+$/u)
      .optional()
      .describe('The QEMU to start: qemu-system-x86_64 when left out.'),
    ports: z
      .array(z.int().min(1).max(65_535))
      .max(64)
      .optional()
      .describe(
        'TCP ports of machines to be reached from this computer, beside those of ssh and etcd; with network: user.',
      ),
  });

/** Takes `undefined` and `null` for "all defaults". What was accepted is handed on as it is. */
export const qemuOptionParser: OptionParser = {
  parse(value) {
    const parsed = schema().safeParse(value ?? {});
    if (parsed.success) return { kind: 'ok', options: parsed.data };
    return { kind: 'bad', problems: parsed.error.issues.flatMap(toProblems) };
  },
  jsonSchema: () => z.toJSONSchema(schema(), { io: 'input' }),
};

/** The options as the provider's functions receive them. Throws `providers/bad-options`. */
export function readQemuOptions(value: unknown): QemuOptions {
  const parsed = schema().safeParse(value ?? {});
  if (!parsed.success) {
    throw fail('providers/bad-options', {
      why: parsed.error.issues.map((issue) => issue.message).join(', '),
    });
  }
  const { memory, disk, cpus, network, accel, program, ports } = parsed.data;
  return {
    program: program ?? 'qemu-system-x86_64',
    memoryMib: findMib(memory ?? '') ?? 1024,
    cpus: cpus ?? 1,
    diskMib: findMib(disk ?? ''),
    network: network ?? 'user',
    accel: accel ?? 'auto',
    ports: ports ?? [],
  };
}

/** Mebibytes. `undefined` when the text is no size. */
function findMib(text: string): number | undefined {
  const [, number, unit = ''] = sizePattern.exec(text.trim()) ?? [];
  return number === undefined ? undefined : Number(number) * (unit.toUpperCase() === 'G' ? 1024 : 1);
}

const known = Object.keys(schema().shape);

function toProblems(issue: z.core.$ZodIssue): readonly OptionProblem[] {
  const path = issue.path.filter((part) => typeof part !== 'symbol');
  const hint = hintFor(String(path[0] ?? ''));
  if (issue.code !== 'unrecognized_keys') return [{ path, message: issue.message, hint }];
  return issue.keys.map((key) => ({
    path: [...path, key],
    message: `the qemu provider has no option "${key}"`,
    hint: `it has ${known.join(', ')}`,
  }));
}

function hintFor(option: string): string {
  switch (option) {
    case 'memory':
    case 'disk':
      return sizeHint;
    case 'network':
      return 'write user or bridge';
    case 'accel':
      return 'write auto, kvm or tcg';
    case 'ports':
      return 'write a list of port numbers, for example [80, 8080]';
    case 'cpus':
      return 'write a number from 1 on';
    default:
      return 'write the path of a program, or a name on PATH';
  }
}
