// SPDX-License-Identifier: Apache-2.0

import type { z } from 'zod';
import { errorAnswer } from './answers.js';

/** Longer than the longest unit in JSON. */
const maxBytes = 2 * 1024 * 1024;

/** Reads a body of JSON; an answer says why it cannot be. Source of the rules: coreos/fleet api/serialization.go */
export async function readJson<T>(request: Request, schema: z.ZodType<T>): Promise<T | Response> {
  const text = await readText(request);
  if (text === undefined) return errorAnswer(413, `the body is longer than ${maxBytes} bytes`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return errorAnswer(400, 'unable to decode body: it is no JSON');
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = issue?.path.join('.') ?? '';
  return errorAnswer(400, `unable to decode body: ${path === '' ? '' : `${path}: `}${issue?.message ?? ''}`);
}

/** Whether the body says, once, that it is JSON. */
export function isJson(request: Request): boolean {
  return /^\s*application\/json\s*(;[^,]*)?$/.test(request.headers.get('content-type') ?? '');
}

async function readText(request: Request): Promise<string | undefined> {
  if (Number(request.headers.get('content-length') ?? 0) > maxBytes) return undefined;
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of request.body ?? []) {
    sizeBytes += chunk.length;
    if (sizeBytes > maxBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
