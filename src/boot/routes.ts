// SPDX-License-Identifier: Apache-2.0

import { type Context, Hono } from 'hono';
import type { Log } from '../effects/index.js';
import { isMusterError, type MachineMarks, type MusterError } from '../model/index.js';
import { answerBoot, type BootResponse } from './answer.js';
import { fail } from './errors.js';
import { renderNotReady } from './formats/ipxe.js';
import { describeMarks } from './marks.js';
import type { BootPlan } from './plan.js';
import { parseMarks } from './query.js';
import { findRemoteAddress } from './remote-address.js';

/** A machine got as far as this on its way up. */
export interface BootStage {
  readonly at: 'script' | 'user-data' | 'unknown';
  /** Left out at `unknown`. */
  readonly machine?: string;
  readonly marks: MachineMarks;
  readonly remoteAddress?: string;
}

export interface BootDeps {
  /** Asked at each request; `undefined` while there is no cluster yet. Give the same object until it changes. */
  readonly plan: () => BootPlan | undefined;
  readonly onStage: (stage: BootStage) => void;
  readonly log: Log;
}

/** The paths that `bootHandler` answers; the first is where firmware starts. */
export const bootPaths = ['/boot.ipxe', '/ipxe', '/user-data', '/ignition'] as const;

/**
 * The HTTP face of a booting machine: plain text, GET and HEAD. `env` is what `@hono/node-server` passes on;
 * the remote address comes from there. Errors are two lines of text: what is wrong, what to do.
 */
export function bootHandler(deps: BootDeps): (request: Request, env?: unknown) => Promise<Response> {
  const app = new Hono();
  app.get('/boot.ipxe', (c) => answerChain(deps, c));
  app.get('/ipxe', (c) => answerMarks(deps, c, 'script'));
  app.get('/user-data', (c) => answerMarks(deps, c, 'user-data'));
  app.get('/ignition', (c) => answerMarks(deps, c, 'ignition'));
  for (const path of bootPaths) {
    app.all(path, (c) => refuse(fail('boot/wrong-method', { method: c.req.method }), { allow: 'GET, HEAD' }));
  }
  app.notFound(() => refuse(fail('boot/no-such-path')));
  app.onError((error) => {
    if (isMusterError(error)) return refuse(error);
    deps.log.error('boot request failed', { error: error.message });
    return text('the boot server failed\nsee its log\n', 500);
  });
  return async (request, env) => app.fetch(request, toBindings(env));
}

function answerChain(deps: BootDeps, c: Context): Response {
  const plan = deps.plan();
  if (plan === undefined) return text(renderNotReady(originOf(c)));
  return respond(answerBoot({ kind: 'chain' }, plan), {});
}

function answerMarks(deps: BootDeps, c: Context, kind: 'script' | 'user-data' | 'ignition'): Response {
  const marks = parseMarks(new URL(c.req.url).searchParams);
  const plan = deps.plan();
  if (plan === undefined) {
    if (kind === 'script') return text(renderNotReady(originOf(c)));
    return refuse(fail('boot/not-ready'), { 'retry-after': '5' });
  }
  const response = answerBoot({ kind, marks }, plan);
  const remoteAddress = findRemoteAddress(c.env);
  const from = { marks, ...(remoteAddress === undefined ? {} : { remoteAddress }) };
  if (c.req.raw.method === 'GET') deps.onStage({ ...stageOf(response), ...from });
  return respond(response, marks);
}

function stageOf(response: BootResponse): Pick<BootStage, 'at' | 'machine'> {
  switch (response.kind) {
    case 'script':
      return { at: 'script', machine: response.machine };
    case 'user-data':
    case 'ignition':
      return { at: 'user-data', machine: response.machine };
    default:
      return { at: 'unknown' };
  }
}

function respond(response: BootResponse, marks: MachineMarks): Response {
  if (response.kind === 'miss') {
    return refuse(fail('boot/unknown-machine', { marks: describeMarks(marks) }));
  }
  return text(response.text);
}

function refuse(error: MusterError, headers: Readonly<Record<string, string>> = {}): Response {
  return text(`${error.message}\n${error.next}\n`, error.httpStatus, headers);
}

/** With its length, so that iPXE keeps the connection for the next file. */
function text(body: string, status = 200, headers: Readonly<Record<string, string>> = {}): Response {
  const bytes = new TextEncoder().encode(body);
  const common = {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': String(bytes.length),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  };
  return new Response(bytes, { status, headers: { ...common, ...headers } });
}

/** Where the machine reached this server: all that is known before there is a plan. */
function originOf(c: Context): string {
  return new URL(c.req.url).origin;
}

function toBindings(env: unknown): object {
  return typeof env === 'object' && env !== null ? env : {};
}
