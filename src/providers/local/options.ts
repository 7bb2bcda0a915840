// SPDX-License-Identifier: Apache-2.0

import { z } from 'zod';
import type { OptionParser, OptionProblem } from '../../spec/index.js';
import { fail } from '../errors.js';
import { findBlock, type Ipv4Block, overlaps, renderBlock } from '../network/ipv4-block.js';

/** What a cluster file may say under `provider.options` of the local provider. */
export type LocalOptions =
  /** All machines on the loopback of this computer; without a network muster chooses. */
  | { readonly links: 'loopback'; readonly network: Ipv4Block | undefined }
  /** Each machine in a network namespace, with an interface of its own. */
  | { readonly links: 'namespaces'; readonly network: Ipv4Block };

const hint =
  'leave it out, or "namespaces", or a block from /16 to /24: of 127.0.0.0/8, such as 127.77.4.0/22, or a private one, such as 10.77.4.0/22';
const namespaces = 'namespaces';
/** No other network sees it, so that every cluster may have the same. */
const namespacesNetwork: Ipv4Block = { base: 10 * 2 ** 24 + 77 * 2 ** 16, prefix: 22 };
const loopback: Ipv4Block = { base: 127 * 2 ** 24, prefix: 8 };
/** Where everything else on this computer listens. */
const reserved: Ipv4Block = { base: 127 * 2 ** 24, prefix: 24 };
/** RFC 1918. */
const privateBlocks: readonly Ipv4Block[] = [
  { base: 10 * 2 ** 24, prefix: 8 },
  { base: 172 * 2 ** 24 + 16 * 2 ** 16, prefix: 12 },
  { base: 192 * 2 ** 24 + 168 * 2 ** 16, prefix: 16 },
];

const schema = () =>
  z.strictObject({
    network: z
      .string({ error: 'a network is a text' })
      .superRefine((text, context) => {
        const message = findProblem(text);
        if (message !== undefined) context.addIssue({ code: 'custom', message });
      })
      .optional()
      .describe(
        'Addresses of this cluster on this computer: chosen on the loopback when left out, or 127.77.4.0/22; "namespaces", or a private block such as 10.77.4.0/22, gives each machine an interface of its own (Linux, as root).',
      ),
  });

/** Takes `undefined` and `null` for "all defaults". Idempotent on JSON: what was accepted is handed on as it is. */
export const localOptionParser: OptionParser = {
  parse(value) {
    const parsed = schema().safeParse(value ?? {});
    if (parsed.success) return { kind: 'ok', options: parsed.data };
    return { kind: 'bad', problems: parsed.error.issues.flatMap(toProblems) };
  },
  jsonSchema: () => z.toJSONSchema(schema(), { io: 'input' }),
};

/** The options as the provider's functions receive them. Throws `providers/bad-options`. */
export function readLocalOptions(value: unknown): LocalOptions {
  const parsed = schema().safeParse(value ?? {});
  if (!parsed.success) {
    throw fail('providers/bad-options', {
      why: parsed.error.issues.map((issue) => issue.message).join(', '),
    });
  }
  const { network } = parsed.data;
  if (network === namespaces) return { links: 'namespaces', network: namespacesNetwork };
  const block = network === undefined ? undefined : findBlock(network);
  if (block === undefined || overlaps(block, loopback)) return { links: 'loopback', network: block };
  return { links: 'namespaces', network: block };
}

function findProblem(text: string): string | undefined {
  if (text === namespaces) return undefined;
  const block = findBlock(text);
  if (block === undefined) return `"${text}" is no network`;
  if (block.prefix < 16 || block.prefix > 24) return `a /${block.prefix} is no size for a cluster`;
  if (![loopback, ...privateBlocks].some((allowed) => overlaps(block, allowed)))
    return `${text} is not on this computer alone`;
  if (overlaps(block, reserved)) return `${text} holds addresses that other programs use`;
  if (renderBlock(block) !== text) return `a /${block.prefix} begins at ${renderBlock(block)}`;
  return undefined;
}

function toProblems(issue: z.core.$ZodIssue): readonly OptionProblem[] {
  const path = issue.path.filter((part) => typeof part !== 'symbol');
  if (issue.code !== 'unrecognized_keys') return [{ path, message: issue.message, hint }];
  return issue.keys.map((key) => ({
    path: [...path, key],
    message: `the local provider has no option "${key}"`,
    hint: 'it has one option: network',
  }));
}
