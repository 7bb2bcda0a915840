// SPDX-License-Identifier: Apache-2.0

import { type MethodOf, messageOf, requestOf } from './message.js';
import type { Wire } from './wire-client.js';

/** Long enough for a loaded computer; only what should not come is waited for so long, and no test does that. */
const patienceMs = 5_000;

/** A stream of which each message that is taken gets noted under a label. */
export interface StreamSession<Req, Res> {
  send(request: Partial<Req>): void;
  end(): void;
  /** Takes so many messages; fewer when the call ends, of which the note then says how. */
  take(label: string, count: number): Promise<readonly Res[]>;
  /** Takes one without a note. */
  next(): Promise<Res | undefined>;
  /** Takes what is left until the call ends, and how it ended. */
  rest(label: string): Promise<void>;
  cancel(): void;
}

export function openStreamSession<Req, Res>(
  wire: Wire,
  method: MethodOf<Req, Res>,
  note: (label: string, answer: unknown) => void,
): StreamSession<Req, Res> {
  const stream = wire.stream(method.path);
  const next = async () => {
    const bytes = await stream.next(patienceMs);
    return bytes === undefined ? undefined : messageOf(method, bytes);
  };
  return {
    next,
    send: (request) => stream.send(requestOf(method, request)),
    end: () => stream.end(),
    cancel: () => stream.cancel(),
    async take(label, count) {
      const messages: Res[] = [];
      while (messages.length < count) {
        const message = await next();
        if (message === undefined) break;
        messages.push(message);
      }
      note(label, messages.length < count ? [...messages, 'no more came'] : messages);
      return messages;
    },
    async rest(label) {
      const messages: Res[] = [];
      for (let one = await next(); one !== undefined; one = await next()) messages.push(one);
      const late = new Promise<undefined>((resolve) => {
        setTimeout(() => resolve(undefined), patienceMs).unref();
      });
      const answer = await Promise.race([stream.ended, late]);
      note(label, { messages, status: answer?.status ?? 'open', text: answer?.text ?? '' });
    },
  };
}
