// SPDX-License-Identifier: Apache-2.0

import { type Headers, refusalAnswer } from './answer.js';
import { Feed, type FeedDeps } from './feed.js';
import { renderEvent } from './go-json.js';
import type { KeyRequest } from './key-request.js';
import type { V2Event } from './node.js';
import type { StoreStats } from './stats.js';
import { isTold } from './translate.js';
import { startOfWatch } from './watch-history.js';

export interface WatchAnswersDeps extends FeedDeps {
  readonly identity: Headers;
  readonly stats: StoreStats;
}

/** The long polls and streams of one handler; they share a watch of the store where one covers both. */
export class WatchAnswers {
  private feeds: readonly Feed[] = [];

  constructor(private readonly deps: WatchAnswersDeps) {}

  /**
   * The head at once, with the index the watch began at; then the first event wanted, or with `stream` each as
   * it comes. The body ends without one when the store ends the watch: clients then ask again.
   */
  async answer(request: KeyRequest, headersAt: (revision: number) => Headers): Promise<Response> {
    const { kv, identity } = this.deps;
    const start = await startOfWatch(kv, request.waitIndex);
    if (start.kind === 'refused') return refusalAnswer(start.refusal, start.revision, identity);
    const feed = this.feedFrom(Math.min(start.from, start.revision + 1));
    const ended = new AbortController();
    const events = feed.follow(start.from, ended.signal);
    const headers = { ...headersAt(start.revision), 'Content-Type': 'application/json' };
    return new Response(this.body(request, events, ended), { headers });
  }

  private body(
    request: KeyRequest,
    events: AsyncGenerator<V2Event, void, undefined>,
    ended: AbortController,
  ): ReadableStream<Uint8Array> {
    const encoder = new TextEncoder();
    const { stats } = this.deps;
    stats.watchers(1);
    // Asked for at once, so that the feed has its follower from the start.
    const upcoming = { event: nextTold(events, request) };
    upcoming.event.catch(() => {});
    const end = () => {
      if (ended.signal.aborted) return;
      ended.abort();
      stats.watchers(-1);
    };
    return new ReadableStream({
      async pull(controller) {
        const event = await upcoming.event;
        if (event !== undefined) controller.enqueue(encoder.encode(`${renderEvent(event)}\n`));
        if (event === undefined || !request.isStream) {
          end();
          controller.close();
        } else upcoming.event = nextTold(events, request);
      },
      cancel: end,
    });
  }

  private feedFrom(index: number): Feed {
    this.feeds = this.feeds.filter((feed) => feed.isOpen());
    const known = this.feeds.find((feed) => feed.covers(index));
    if (known !== undefined) return known;
    const feed = new Feed(this.deps, index);
    this.feeds = [...this.feeds, feed];
    return feed;
  }
}

async function nextTold(
  events: AsyncGenerator<V2Event, void, undefined>,
  { path, isRecursive }: KeyRequest,
): Promise<V2Event | undefined> {
  for (;;) {
    const { done, value } = await events.next();
    if (done === true) return undefined;
    if (isTold(value, path, isRecursive)) return value;
  }
}
