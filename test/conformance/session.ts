// SPDX-License-Identifier: Apache-2.0

import { isDeepStrictEqual } from 'node:util';
import { methods } from '../../src/etcd/methods.js';
import { bytesOf, type MethodOf, messageOf, requestOf } from './message.js';
import { type Frame, normalise } from './normalise.js';
import { openStreamSession, type StreamSession } from './stream-session.js';
import type { Wire } from './wire-client.js';

/** What one step of a scenario brought: status and text of an error, or the answer. */
export interface Step {
  readonly label: string;
  readonly answer: unknown;
}

/**
 * One scenario on one endpoint: it calls, and what came back is noted under a label, in a form that is the same
 * on every implementation that behaves the same.
 */
export interface Session {
  /** The text below the prefix of this scenario, as bytes; `''` is the prefix itself. */
  key(text: string): Uint8Array;
  /** End of the range of all keys of this scenario. */
  readonly end: Uint8Array;
  /** A revision, counted from the start of the scenario. */
  rev(offset: number): number;
  /** Calls, with an auth token or none, and notes the answer under `label`; `undefined` when it was an error. */
  call<Req, Res>(
    label: string,
    method: MethodOf<Req, Res>,
    request: Partial<Req>,
    token?: string,
  ): Promise<Res | undefined>;
  /** As `call`, without a note. */
  quiet<Req, Res>(
    method: MethodOf<Req, Res>,
    request: Partial<Req>,
    token?: string,
  ): Promise<Res | undefined>;
  /** Opens a stream, which ends with the scenario. */
  open<Req, Res>(method: MethodOf<Req, Res>): StreamSession<Req, Res>;
  note(label: string, answer: unknown): void;
}

export interface RunningSession extends Session {
  readonly steps: readonly Step[];
  close(): void;
}

export async function openSession(wire: Wire, prefix: string): Promise<RunningSession> {
  const frame: Frame = { base: await revisionOf(wire), prefix };
  const steps: Step[] = [];
  const streams: { cancel(): void }[] = [];
  const key = (text: string) => Buffer.from(prefix + text, 'latin1');
  const quiet: Session['quiet'] = async (method, request, token) =>
    (await ask(wire, method, request, token)).message;
  const note = (label: string, answer: unknown) => {
    if (steps.some((one) => one.label === label)) throw new Error(`two steps are called "${label}"`);
    steps.push({ label, answer: normalise(answer, frame) });
  };
  return {
    steps,
    key,
    end: key('\xff'),
    rev: (offset) => frame.base + offset,
    quiet,
    note,
    async call(label, method, request, token) {
      const { message, status, text, isExact } = await ask(wire, method, request, token);
      note(label, message === undefined ? { status, text } : { ...message, ...(isExact ? {} : { isExact }) });
      return message;
    },
    open(method) {
      const stream = openStreamSession(wire, method, note);
      streams.push(stream);
      return stream;
    },
    close() {
      for (const stream of streams) stream.cancel();
    },
  };
}

/** `isExact`: encoding what was decoded gives the same bytes, so nothing of the answer escaped the comparison. */
async function ask<Req, Res>(wire: Wire, method: MethodOf<Req, Res>, request: Partial<Req>, token?: string) {
  const metadata = token === undefined ? {} : { token };
  const { status, text, messages } = await wire.unary(method.path, requestOf(method, request), metadata);
  const [bytes] = messages;
  if (status !== 0 || bytes === undefined) return { message: undefined, status, text, isExact: true };
  const message = messageOf(method, bytes);
  const isExact = isDeepStrictEqual(Buffer.from(bytesOf(method, message)), Buffer.from(bytes));
  return { message, status, text, isExact };
}

async function revisionOf(wire: Wire): Promise<number> {
  const { message } = await ask(wire, methods.range, { key: Uint8Array.of(1), countOnly: true });
  if (message?.header === undefined) throw new Error('the endpoint does not answer');
  return message.header.revision;
}
