// SPDX-License-Identifier: Apache-2.0

import { z } from 'zod';
import type { Handler, Log } from '../effects/index.js';
import type { Gate, RebootLock } from './reboot-lock.js';

export interface FleetLockDeps {
  readonly lock: Pick<RebootLock, 'acquire' | 'advance' | 'release' | 'look' | 'leave'>;
  readonly log: Log;
  /** The groups there are, as clients call them; any other is refused, since anybody may ask. */
  readonly groups: () => Promise<ReadonlySet<string>>;
  /** The machine that a client's ID stands for; empty texts: none that is known. */
  readonly machineOf: (id: string) => Promise<{ readonly machine: string; readonly bootId: string }>;
  /** Whether the cluster can do without it now. */
  readonly gateFor: (machine: string) => Gate;
  /** Why a holder that asks to be released is not well yet; it will be asked again, or released later. */
  readonly notWell: (machine: string) => Promise<string | undefined>;
}

/** What clients call the group that has no name. */
const defaultGroup = 'default';
const groupPattern = /^[a-zA-Z0-9.-]+$/;
const maxBodyBytes = 4_096;
const maxTextLength = 256;
/** Clients ask again every five minutes. */
const waitMs = 6 * 60_000;

const bodySchema = z.object({
  client_params: z.object({
    id: z
      .string()
      .min(1)
      .max(maxTextLength)
      .regex(/^\P{Cc}+$/u),
    group: z.string().min(1).max(maxTextLength).regex(groupPattern),
  }),
});

const paths = { '/v1/pre-reboot': preReboot, '/v1/steady-state': steadyState } as const;

/** Whether a path is of this protocol. */
export function isFleetLockPath(pathname: string): boolean {
  return Object.hasOwn(paths, pathname);
}

/**
 * The FleetLock protocol: POST `/v1/pre-reboot` takes the lock, `/v1/steady-state` gives it back, both as often as one
 * likes. It has no authentication: whoever reaches it may take a place, by any ID.
 *
 * Source: coreos/zincati, docs/development/fleetlock/protocol.md; `kind`s as coreos/airlock has them.
 */
export function fleetLockHandler(deps: FleetLockDeps): Handler {
  return async (request) => {
    const { pathname } = new URL(request.url);
    const act = Object.entries(paths).find(([path]) => path === pathname)?.[1];
    if (act === undefined) return refusal(404, 'unknown_path', `there is no ${pathname}`);
    if (request.method !== 'POST') {
      return refusal(405, 'invalid_method', 'only POST is allowed', { allow: 'POST' });
    }
    if (request.headers.get('fleet-lock-protocol') !== 'true') {
      return refusal(400, 'invalid_client_identity', 'the header "fleet-lock-protocol: true" is missing');
    }
    const client = await readClient(request);
    if (typeof client === 'string') return refusal(400, 'invalid_client_identity', client);
    try {
      if (!(await deps.groups()).has(client.group)) {
        return refusal(400, 'unknown_group', `there is no group "${client.group}"`);
      }
      return await act(deps, client);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      deps.log.warn('a reboot lock request failed', { path: pathname, id: client.id, error: why });
      return refusal(500, 'failed_lock', why);
    }
  };
}

interface Client {
  readonly id: string;
  readonly group: string;
  /** As the lock calls the group. */
  readonly lockGroup: string;
}

async function preReboot(deps: FleetLockDeps, { id, lockGroup }: Client): Promise<Response> {
  const { machine, bootId } = await deps.machineOf(id);
  const request = { id, machine, bootId, face: 'fleetlock', waitMs } as const;
  const acquired = await deps.lock.acquire(lockGroup, request, deps.gateFor(machine));
  if (acquired.kind === 'granted') {
    if (acquired.isNew) deps.log.info('reboot lock given', { id, machine, group: lockGroup || defaultGroup });
    return new Response(null, { status: 200 });
  }
  return refusal(500, 'failed_lock', `${id}: ${acquired.refusal.why}`);
}

async function steadyState(deps: FleetLockDeps, { id, lockGroup }: Client): Promise<Response> {
  const holder = (await deps.lock.look(lockGroup)).holders.find((one) => one.id === id);
  if (holder === undefined) {
    await deps.lock.leave(lockGroup, id);
    return new Response(null, { status: 200 });
  }
  const { machine } = await deps.machineOf(id);
  const why = machine === '' ? undefined : await deps.notWell(machine);
  await deps.lock.advance(lockGroup, id, holder.fence, { phase: 'releasing', deadline: 0, reason: '' });
  if (why !== undefined) return refusal(500, 'failed_lock', `${id} is not well yet: ${why}`);
  await deps.lock.release(lockGroup, id);
  deps.log.info('reboot lock given back', { id, machine, group: lockGroup || defaultGroup });
  return new Response(null, { status: 200 });
}

/** Who asks, or what is wrong with how. */
async function readClient(request: Request): Promise<Client | string> {
  const text = await readText(request);
  if (text === undefined) return `the body is longer than ${maxBodyBytes} bytes`;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return 'the body is no JSON';
  }
  const parsed = bodySchema.safeParse(value);
  if (!parsed.success) return 'client_params need an "id" and a "group" of letters, digits, dots and dashes';
  const { id, group } = parsed.data.client_params;
  return { id, group, lockGroup: group === defaultGroup ? '' : group };
}

async function readText(request: Request): Promise<string | undefined> {
  if (Number(request.headers.get('content-length') ?? 0) > maxBodyBytes) return undefined;
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of request.body ?? []) {
    sizeBytes += chunk.length;
    if (sizeBytes > maxBodyBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function refusal(
  status: number,
  kind: string,
  value: string,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return Response.json({ kind, value }, { status, headers });
}
