// SPDX-License-Identifier: Apache-2.0

import { z } from 'zod';
import type { OptionParser, OptionProblem } from '../../spec/index.js';
import { fail } from '../errors.js';

/** What a cluster file may say under `provider` of machines that are there already. */
export interface MetalOptions {
  /** IPv4 of this computer, at which the machines reach the control process. */
  readonly address: string;
  /** The program that switches a machine, and its words; empty: nobody but people can. */
  readonly power: readonly string[];
}

/** What a word of the power command may hold. */
export const placeholders = ['action', 'name', 'mac', 'uuid', 'serial', 'address'] as const;

const addressHint = 'write the IPv4 address that this computer has on the network of the machines';
const powerHint =
  'write a list: the program, then its words, with {action} (on, off, status) and {name}, {mac}, {uuid}, {serial} or {address} where they belong';

const schema = () =>
  z.strictObject({
    address: z
      .ipv4({ error: 'it has to be said at which address machines reach this computer' })
      .refine((text) => text !== '0.0.0.0', '0.0.0.0 is no address that machines could reach')
      .describe('IPv4 of this computer on the network of the machines; they boot from it.'),
    power: z
      .array(z.string().min(1).max(1_024), { error: 'a power command is a list of words' })
      .min(1, 'a power command needs a program')
      .max(64)
      .superRefine((words, context) => {
        const message = findProblem(words);
        if (message !== undefined) context.addIssue({ code: 'custom', message });
      })
      .optional()
      .describe(
        'Program and words that switch a machine, without a shell: {action} is on, off or status, which prints on or off; {name}, {mac}, {uuid}, {serial}, {address} are the machine’s.',
      ),
  });

function findProblem(words: readonly string[]): string | undefined {
  const found = words.flatMap((word) => [...word.matchAll(/\{(\w*)\}/g)].map(([, name = '']) => name));
  const strange = found.find((name) => !placeholders.some((known) => known === name));
  if (strange !== undefined) return `the power command has no "{${strange}}" to fill in`;
  return found.includes('action') ? undefined : 'the power command does not say where {action} belongs';
}

/** What was accepted is handed on as it is. */
export const metalOptionParser: OptionParser = {
  parse(value) {
    const parsed = schema().safeParse(value ?? {});
    if (parsed.success) return { kind: 'ok', options: parsed.data };
    return { kind: 'bad', problems: parsed.error.issues.flatMap(toProblems) };
  },
  jsonSchema: () => z.toJSONSchema(schema(), { io: 'input' }),
};

/** The options as the provider's functions receive them. Throws `providers/bad-options`. */
export function readMetalOptions(value: unknown): MetalOptions {
  const parsed = schema().safeParse(value ?? {});
  if (!parsed.success) {
    throw fail('providers/bad-options', {
      why: parsed.error.issues.map((issue) => issue.message).join(', '),
    });
  }
  return { address: parsed.data.address, power: parsed.data.power ?? [] };
}

function toProblems(issue: z.core.$ZodIssue): readonly OptionProblem[] {
  const path = issue.path.filter((part) => typeof part !== 'symbol');
  const hint = path[0] === 'power' ? powerHint : addressHint;
  if (issue.code !== 'unrecognized_keys') return [{ path, message: issue.message, hint }];
  return issue.keys.map((key) => ({
    path: [...path, key],
    message: `the metal provider has no option "${key}"`,
    hint: 'it has address, power',
  }));
}
