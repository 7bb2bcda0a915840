// SPDX-License-Identifier: Apache-2.0

import * as z from 'zod';
import type { Handler } from '../../effects/index.js';
import { isMusterError } from '../../model/index.js';
import type { Auth, Caller, Need } from '../auth.js';
import type { KeyRange } from '../kv.js';
import { jsonAnswer, refusalAnswer, withCors } from './answer.js';
import { refused } from './failure.js';
import type { Form } from './form.js';
import { isForm, readForm } from './key-answers.js';
import { cleanPath } from './path.js';
import { isUnder, targetOf } from './v2-handler.js';

/**
 * Puts the v2 API of a store under its v3 users while auth is on: name and password come as HTTP basic authentication,
 * and what the roles permit of v3 keys holds for v2 paths. Who may not gets code 110, with 401.
 *
 * - A file is its v3 key; a directory is everything below its path, all of which has to be permitted.
 * - A write also tells what was there before, so it takes reading and writing.
 * - What may hit a file or a directory alike (deleting, `dir`, TTLs without a value) takes both.
 */
export function guardedV2(auth: Auth, handler: Handler): Handler {
  const guarded: Handler = async (request, connection) => {
    if (!auth.isEnabled()) return handler(request, connection);
    const target = targetOf(request.url);
    const path = cleanPath(target.path);
    if (isUnder(path, '/v2/keys')) {
      const form = await readForm(request.clone(), target.query);
      const keys = cleanPath(path.slice('/v2/keys'.length));
      const may = await permitted(auth, request);
      const isAllowed = (needs: readonly Need[]) => may?.(needs) === true;
      return answerKeys(request.method, keys, isForm(form) ? form : new Map(), isAllowed, () =>
        handler(request, connection),
      );
    }
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    if (isRead)
      return path === '/v2/auth/enable' ? jsonAnswer(200, '{"enabled":true}') : handler(request, connection);
    const may = isUnder(path, '/v2') ? await permitted(auth, request) : () => true;
    if (may?.([{ kind: 'admin' }]) === true) return handler(request, connection);
    return jsonAnswer(401, '{"message":"Insufficient credentials"}');
  };
  return withCors(unlessBusy(guarded));
}

const busy = 'etcd/too-many-requests';

/** Whether a password is right could not be looked at: that is no refusal of the one who gave it. */
function unlessBusy(handler: Handler): Handler {
  return async (request, connection) => {
    try {
      return await handler(request, connection);
    } catch (error) {
      if (!isMusterError(error, busy)) throw error;
      return jsonAnswer(503, JSON.stringify({ message: error.message }));
    }
  };
}

type May = (needs: readonly Need[]) => boolean;

const refusal = () => refusalAnswer(refused(110, 'Insufficient credentials'), 0);

async function answerKeys(
  method: string,
  path: string,
  form: Form,
  may: May,
  answer: () => Promise<Response>,
): Promise<Response> {
  const file: KeyRange = { key: Buffer.from(path) };
  const inside = rangeBelow(path);
  const isOn = (name: string) => /^(1|t|true)$/i.test(form.get(name) ?? '');
  const isRead = method === 'GET' || method === 'HEAD';
  if (!isRead) {
    const isFile = method === 'PUT' && !isOn('dir') && (form.get('value') ?? '') !== '';
    const ranges = method === 'POST' ? [inside] : isFile ? [file] : [file, inside];
    return may(ranges.flatMap(readAndWrite)) ? answer() : refusal();
  }
  const mayFile = may([{ kind: 'read', range: file }]);
  const mayInside = may([{ kind: 'read', range: inside }]);
  if (mayFile && mayInside) return answer();
  // A watch may tell of either, so it takes both, but for one of a single key.
  if (isOn('wait')) return mayFile && !isOn('recursive') ? answer() : refusal();
  if (!mayFile && !mayInside) return refusal();
  const answered = await answer();
  if (!answered.ok) return answered;
  return (await isDirectory(answered.clone())) === mayInside ? answered : refusal();
}

function readAndWrite(range: KeyRange): readonly Need[] {
  return [
    { kind: 'read', range },
    { kind: 'write', range },
  ];
}

/** `/a` holds `/a/…`: from `/a/` to `/a0`. */
function rangeBelow(path: string): KeyRange {
  const stem = path === '/' ? '' : path;
  return { key: Buffer.from(`${stem}/`), rangeEnd: Buffer.from(`${stem}0`) };
}

const answerSchema = z.object({ node: z.object({ dir: z.boolean().optional() }) });

async function isDirectory(answer: Response): Promise<boolean> {
  return answerSchema.parse(await answer.json()).node.dir === true;
}

/** What the caller may do; `undefined` for one who is nobody, or who gives a wrong password. */
async function permitted(auth: Auth, request: Request): Promise<May | undefined> {
  const caller = await callerOf(auth, request.headers.get('authorization'));
  if (caller === undefined) return undefined;
  return (needs) => {
    try {
      auth.authorize(caller, needs);
      return true;
    } catch (error) {
      if (isMusterError(error)) return false;
      throw error;
    }
  };
}

async function callerOf(auth: Auth, header: string | null): Promise<Caller | undefined> {
  const [, encoded] = /^basic ([a-z0-9+/=]+)$/i.exec(header ?? '') ?? [];
  const text = Buffer.from(encoded ?? '', 'base64').toString();
  const colon = text.indexOf(':');
  if (colon < 1) return undefined;
  try {
    return { token: await auth.authenticate(text.slice(0, colon), text.slice(colon + 1)) };
  } catch (error) {
    if (isMusterError(error) && !isMusterError(error, busy)) return undefined;
    throw error;
  }
}
