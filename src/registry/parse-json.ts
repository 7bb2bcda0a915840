// SPDX-License-Identifier: Apache-2.0

import type { z } from 'zod';

/** What a record holds; `undefined` when it is no JSON or does not fit. */
export function parseJson<T>(schema: z.ZodType<T>, text: string): T | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
