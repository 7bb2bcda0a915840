// SPDX-License-Identifier: Apache-2.0

import { fail } from '../errors.js';
import type { TokenBook } from './token-book.js';
import { pollAnswer, refusalAnswer, renderSlot } from './v2-answers.js';
import type { Poll, Waiters } from './waiters.js';

export interface PollRequest {
  readonly token: string;
  /** `undefined`: all members of the token. */
  readonly memberId: string | undefined;
  /** 0: whatever comes next. */
  readonly waitIndex: number;
}

/**
 * Answers a long poll: the first registration at `waitIndex` or after it, from what is there or when it comes.
 *
 * The poll joins before the store is read, so nothing falls between. Members do not change once they are
 * there, which makes the token itself the history of its events. Where a slot was freed since the client
 * last looked there is a gap, and 503 makes the client look again: it counts each event as one more peer.
 *
 * @throws `bootstrap/token-unknown`
 */
export async function answerPoll(
  { book, waiters }: { readonly book: TokenBook; readonly waiters: Waiters },
  { token, memberId, waitIndex }: PollRequest,
): Promise<Response> {
  const body = openBody();
  const poll: Poll = { token, memberId, from: waitIndex, end: body.end };
  const leave = waiters.join(poll);
  body.onGone = leave;
  try {
    const stored = await book.find(token);
    if (stored === undefined) throw fail('bootstrap/token-unknown');
    const { freedRevision, revision, registered } = stored;
    if (waitIndex > 0 && waitIndex <= freedRevision) {
      leave();
      return refusalAnswer(300, 'a slot was freed, look again', revision);
    }
    const known = registered.find(
      (slot) => (memberId === undefined || slot.memberId === memberId) && slot.modRevision >= waitIndex,
    );
    if (waitIndex > 0 && known !== undefined) {
      leave();
      return new Response(renderSlot('create', token, known), {
        headers: { 'Content-Type': 'application/json', 'X-Etcd-Index': String(revision) },
      });
    }
    return pollAnswer(body.stream, revision);
  } catch (error) {
    leave();
    throw error;
  }
}

interface PollBody {
  readonly stream: ReadableStream<Uint8Array>;
  readonly end: Poll['end'];
  /** Called when the client went away. */
  onGone: () => void;
}

function openBody(): PollBody {
  const state: { controller?: ReadableStreamDefaultController<Uint8Array> } = {};
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      state.controller = controller;
    },
    cancel: () => body.onGone(),
  });
  const body: PollBody = {
    stream,
    end(bytes) {
      if (bytes !== undefined) state.controller?.enqueue(bytes);
      state.controller?.close();
    },
    onGone: () => {},
  };
  return body;
}
