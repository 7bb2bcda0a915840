// SPDX-License-Identifier: Apache-2.0

import { type Context, Hono } from 'hono';
import { findRemoteAddress, type Log, type OpenFile } from '../effects/index.js';
import { isMusterError, type MusterError } from '../model/index.js';
import { answerBoot, type BootRequest, type BootResponse } from './answer.js';
import { keepAnswer, keptAnswer } from './answers-kept.js';
import type { BootStage } from './boot-stage.js';
import { fail } from './errors.js';
import { explainBoot } from './explain.js';
import { type FirmwareFacts, parseFacts } from './firmware-facts.js';
import { renderNotReady } from './formats/ipxe.js';
import { describeMarks } from './marks.js';
import type { BootPlan } from './plan.js';
import { findAsset, serveAsset } from './serve-asset.js';

export interface BootDeps {
  /** Asked at each request; `undefined` while there is no cluster yet. Give the same object until it changes. */
  readonly plan: () => BootPlan | undefined;
  /** Called often: after each piece of a file. */
  readonly onStage: (stage: BootStage) => void;
  readonly openFile: OpenFile;
  readonly log: Log;
}

type MachineRequest = Exclude<BootRequest['kind'], 'chain'>;

/** What each path asks for; `/cloud`, `/generic`, `/metadata` and `/boot.ipxe.0` are matchbox's. */
const machinePaths: readonly (readonly [path: string, kind: MachineRequest])[] = [
  ['/ipxe', 'script'],
  ['/user-data', 'user-data'],
  ['/ignition', 'ignition'],
  ['/cloud', 'cloud'],
  ['/generic', 'generic'],
  ['/metadata', 'metadata'],
];
const chainPaths = ['/boot.ipxe', '/boot.ipxe.0'];
const assetPath = '/assets/:sha256/:name';
const whyPath = '/why';

/**
 * The HTTP face of a booting machine: plain text and files, GET and HEAD. `env` is what `@hono/node-server` passes on;
 * the remote address comes from there. Errors are two lines of text: what is wrong, what to do.
 */
export function bootHandler(deps: BootDeps): (request: Request, env?: unknown) => Promise<Response> {
  const app = new Hono();
  for (const path of chainPaths) app.get(path, (c) => answerChain(deps, c));
  for (const [path, kind] of machinePaths) app.get(path, (c) => answerMachine(deps, c, kind));
  app.get(assetPath, (c) => answerAsset(deps, c, c.req.param('sha256'), c.req.param('name')));
  app.get(whyPath, (c) => answerWhy(deps, c));
  for (const path of [...chainPaths, ...machinePaths.map(([one]) => one), assetPath, whyPath]) {
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
  return respond(answerBoot({ kind: 'chain' }, plan), undefined);
}

function answerMachine(deps: BootDeps, c: Context, kind: MachineRequest): Response {
  const plan = deps.plan();
  const url = pathAndQuery(c);
  const known = plan === undefined ? undefined : keptAnswer(plan, url);
  if (known !== undefined) {
    if (c.req.raw.method === 'GET') tell(deps, c, known.stage);
    return new Response(known.text, { headers: known.headers });
  }
  const facts = parseFacts(queryOf(c));
  if (plan === undefined) {
    if (kind === 'script') return text(renderNotReady(originOf(c)));
    return refuse(fail('boot/not-ready'), { 'retry-after': '5' });
  }
  const response = answerBoot({ kind, facts }, plan);
  const stage = stageOf(response, facts);
  if (c.req.raw.method === 'GET') tell(deps, c, stage);
  if ('machine' in response) {
    keepAnswer(plan, url, { text: response.text, headers: textHeaders(response.text), stage });
  }
  return respond(response, facts);
}

async function answerAsset(deps: BootDeps, c: Context, sha256: string, name: string): Promise<Response> {
  const plan = deps.plan();
  const asset = plan === undefined ? undefined : findAsset(plan, sha256);
  if (asset === undefined) return refuse(fail('boot/no-such-asset'));
  const machine = queryOf(c).get('for') ?? '';
  const isTold =
    plan?.machines.some((one) => one.name === machine) && /^(kernel|initrd(-\d{1,2})?)$/.test(name);
  return serveAsset(asset, c.req.raw, deps.openFile, (progress) => {
    if (!isTold) return;
    const at = name === 'kernel' ? 'kernel' : 'initrd';
    tell(deps, c, { at, machine, file: name, ...progress });
  });
}

function answerWhy(deps: BootDeps, c: Context): Response {
  const facts = parseFacts(queryOf(c));
  const plan = deps.plan();
  if (plan === undefined) return refuse(fail('boot/not-ready'), { 'retry-after': '5' });
  return text(`${JSON.stringify(explainBoot(plan, facts))}\n`, 200, { 'content-type': 'application/json' });
}

function tell(deps: BootDeps, c: Context, stage: BootStage | undefined): void {
  if (stage === undefined) return;
  const remoteAddress = findRemoteAddress(c.env);
  deps.onStage(remoteAddress === undefined ? stage : { ...stage, remoteAddress });
}

function stageOf(response: BootResponse, facts: FirmwareFacts): BootStage | undefined {
  switch (response.kind) {
    case 'script':
      return { at: 'script', machine: response.machine, profile: response.profile };
    case 'user-data':
    case 'ignition':
    case 'cloud':
      return { at: 'user-data', machine: response.machine, profile: response.profile };
    case 'away':
      return { at: 'waiting', machine: response.machine, why: response.why };
    case 'wait':
    case 'miss':
      return { at: 'unknown', facts };
    default:
      return undefined;
  }
}

function respond(response: BootResponse, facts: FirmwareFacts | undefined): Response {
  if (response.kind === 'miss') {
    return refuse(fail('boot/unknown-machine', { marks: describeMarks(facts?.marks ?? {}) }));
  }
  return text(response.text);
}

function refuse(error: MusterError, headers: Readonly<Record<string, string>> = {}): Response {
  return text(`${error.message}\n${error.next}\n`, error.httpStatus, headers);
}

/** With its length, so that iPXE keeps the connection for the next file. */
function text(body: string, status = 200, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(body, { status, headers: { ...textHeaders(body), ...headers } });
}

function textHeaders(body: string): Readonly<Record<string, string>> {
  return {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': String(Buffer.byteLength(body)),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  };
}

function pathAndQuery(c: Context): string {
  const { url } = c.req.raw;
  return url.slice(url.indexOf('/', url.indexOf('//') + 2));
}

function queryOf(c: Context): URLSearchParams {
  const { url } = c.req.raw;
  const start = url.indexOf('?');
  return new URLSearchParams(start < 0 ? '' : url.slice(start + 1));
}

/** Where the machine reached this server: all that is known before there is a plan. */
function originOf(c: Context): string {
  return new URL(c.req.url).origin;
}

function toBindings(env: unknown): object {
  return typeof env === 'object' && env !== null ? env : {};
}
