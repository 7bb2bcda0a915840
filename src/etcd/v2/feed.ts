// SPDX-License-Identifier: Apache-2.0

import type { Clock, Log } from '../../effects/index.js';
import type { LeaseId, Revision } from '../../model/index.js';
import type { Kv, WatchEvent } from '../kv.js';
import type { V2Event } from './node.js';
import { leasesInQuestion, translate } from './translate.js';

/** etcd's history, and so how far a slow watcher may fall behind. */
export const historyLength = 1_000;

export interface FeedDeps {
  readonly kv: Kv;
  readonly clock: Clock;
  readonly log: Log;
}

interface Told {
  readonly index: number;
  readonly event: V2Event;
}

/**
 * All v2 events from a revision on, for any number of followers: one v3 watch of the whole key space, translated
 * once. It ends with its last follower, or when the store ends the watch.
 */
export class Feed {
  private told: Told[] = [];
  /** Events that were dropped from the front. */
  private dropped = 0;
  private followers = 0;
  private hasEnded = false;
  private wake: () => void = () => {};
  private changed = new Promise<void>(() => {});
  private readonly stop = new AbortController();

  /** @param start the first revision; it must not be compacted */
  constructor(
    private readonly deps: FeedDeps,
    private start: number,
  ) {
    this.renew();
    void this.run();
  }

  isOpen(): boolean {
    return !this.hasEnded && !this.stop.signal.aborted;
  }

  /** Whether it still has everything from an index on. */
  covers(index: number): boolean {
    return this.isOpen() && index >= this.start;
  }

  /** Ends when `signal` fires, with the feed, and when the follower is a whole history behind. */
  async *follow(index: number, signal: AbortSignal): AsyncGenerator<V2Event, void, undefined> {
    const stop = () => this.turn();
    this.followers += 1;
    signal.addEventListener('abort', stop, { once: true });
    try {
      for (let at = this.dropped; !signal.aborted; ) {
        if (at < this.dropped) return;
        const next = this.told[at - this.dropped];
        if (next !== undefined) {
          at += 1;
          if (next.index >= index) yield next.event;
        } else if (this.hasEnded) return;
        else await this.changed;
      }
    } finally {
      signal.removeEventListener('abort', stop);
      this.followers -= 1;
      if (this.followers === 0) this.stop.abort();
    }
  }

  private async run(): Promise<void> {
    const everything = { key: Uint8Array.of(0), rangeEnd: Uint8Array.of(0) };
    const request = { ...everything, startRevision: this.start, prevKv: true };
    try {
      for await (const message of this.deps.kv.watch(request, this.stop.signal)) {
        if (message.kind === 'events') await this.take(message.events);
      }
    } catch (error) {
      this.deps.log.debug('the v2 view lost its watch', { reason: String(error) });
    } finally {
      this.hasEnded = true;
      this.turn();
    }
  }

  private async take(events: readonly WatchEvent[]): Promise<void> {
    const groups = new Map<Revision, WatchEvent[]>();
    for (const event of events) {
      const group = groups.get(event.kv.modRevision);
      if (group === undefined) groups.set(event.kv.modRevision, [event]);
      else group.push(event);
    }
    const gone = await this.endedLeases(leasesInQuestion(events));
    const now = this.deps.clock.now();
    for (const [index, group] of groups) {
      const translated = translate(index, group, (lease) => gone.has(lease), now);
      this.told.push(...translated.map((event) => ({ index, event })));
    }
    this.trim();
    this.turn();
  }

  private async endedLeases(leases: readonly LeaseId[]): Promise<ReadonlySet<LeaseId>> {
    const infos = await Promise.all(leases.map((lease) => this.deps.kv.timeToLive(lease)));
    return new Set(infos.filter(({ ttlSeconds }) => ttlSeconds < 0).map(({ id }) => id));
  }

  private trim(): void {
    const surplus = this.told.length - historyLength;
    if (surplus <= 0) return;
    this.start = (this.told[surplus - 1]?.index ?? 0) + 1;
    this.told = this.told.slice(surplus);
    this.dropped += surplus;
  }

  private turn(): void {
    const wake = this.wake;
    this.renew();
    wake();
  }

  private renew(): void {
    this.changed = new Promise((resolve) => {
      this.wake = resolve;
    });
  }
}
