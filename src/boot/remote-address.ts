// SPDX-License-Identifier: Apache-2.0

import { z } from 'zod';

const environmentSchema = z.object({
  incoming: z.object({ socket: z.object({ remoteAddress: z.string() }) }),
});

/** Who asks, from what `@hono/node-server` passes beside a request; `undefined` without a socket. */
export function findRemoteAddress(env: unknown): string | undefined {
  const parsed = environmentSchema.safeParse(env);
  return parsed.success ? parsed.data.incoming.socket.remoteAddress : undefined;
}
