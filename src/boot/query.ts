// SPDX-License-Identifier: Apache-2.0

import { z } from 'zod';
import type { MachineMarks } from '../model/index.js';
import { fail } from './errors.js';
import { normaliseMarks } from './marks.js';

const maxLength = 256;
const querySchema = z.record(z.string().max(maxLength), z.string().max(maxLength));

/**
 * The marks in a request's query. Of a repeated parameter the first counts, as in matchbox; parameters of
 * other names are let through, since iPXE sends more than is asked today.
 *
 * @throws `boot/parameter-too-long`
 */
export function parseMarks(parameters: URLSearchParams): MachineMarks {
  const first = new Map([...parameters].reverse());
  const parsed = querySchema.safeParse(Object.fromEntries(first));
  if (!parsed.success) {
    const name = String(parsed.error.issues[0]?.path[0] ?? '').slice(0, maxLength);
    throw fail('boot/parameter-too-long', { name: printable(name), limit: maxLength });
  }
  const { mac, uuid, serial } = parsed.data;
  return normaliseMarks({
    ...(mac === undefined ? {} : { mac }),
    ...(uuid === undefined ? {} : { uuid }),
    ...(serial === undefined ? {} : { serial }),
  });
}

function printable(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, '?');
}
