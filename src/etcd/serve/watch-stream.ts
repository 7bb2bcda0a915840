// SPDX-License-Identifier: Apache-2.0

import { isMusterError, type Revision, revision } from '../../model/index.js';
import { statusOfError } from '../errors.js';
import type { WatchCreateRequest, WatchResponse } from '../gen/etcdserverpb/watch.js';
import type { MessageQueue } from '../grpc/message-queue.js';
import type { StoreIdentity } from '../identity.js';
import type { Kv, Watching, WatchMessage, WatchRequest } from '../kv.js';
import { statusNameOf } from '../status-name.js';
import { decodeWatchCreate, encodeWatchMessage, findRangeFault, fragmentsOf } from '../wire/watch.js';
import { maxRequestBytes } from './handlers.js';
import { currentRevision, headerOf } from './header.js';

export interface WatchStreamDeps {
  readonly kv: Kv;
  readonly identity: StoreIdentity;
  /** Where responses go, in the order they are to be sent. */
  readonly out: MessageQueue<WatchResponse>;
  /** Throws what the caller lacks for this watch. */
  readonly authorize: (request: WatchRequest) => void;
}

interface Watch {
  readonly id: bigint;
  readonly request: WatchRequest;
  readonly isFragmented: boolean;
  readonly controller: AbortController;
  readonly watching: Watching;
  isCreated: boolean;
  /** Every event up to here was handed on. */
  reached: Revision;
  /** A progress request of the client that this watch has not answered. */
  isAsked: boolean;
}

/** No watch has this id: a response for none, or for all of the stream. */
const noWatch = -1n;

/** The watches of one gRPC stream, each pumped from the `Kv` into the one queue of responses. */
export class WatchStream {
  private readonly watches = new Map<bigint, Watch>();
  private readonly pumps = new Set<Promise<void>>();
  private nextId = 0n;
  private isProgressDue = false;

  constructor(private readonly deps: WatchStreamDeps) {}

  /** Refusals are responses too: created and cancelled at once, with the reason. */
  async create(wire: WatchCreateRequest): Promise<void> {
    const request = decodeWatchCreate(wire);
    const fault = this.findFault(wire, request);
    if (fault !== undefined) return this.refuse(fault);
    const controller = new AbortController();
    const watch: Watch = {
      id: wire.watchId === 0n ? this.freeId() : wire.watchId,
      request,
      isFragmented: wire.fragment,
      controller,
      watching: this.deps.kv.watch(request, controller.signal),
      isCreated: false,
      reached: revision(0),
      isAsked: false,
    };
    this.watches.set(watch.id, watch);
    const pump = this.pump(watch).finally(() => this.pumps.delete(pump));
    this.pumps.add(pump);
  }

  /** Nothing happens for an id that is not there, as in etcd. */
  async cancel(id: bigint): Promise<void> {
    const watch = this.watches.get(id);
    if (watch === undefined) return;
    this.forget(watch);
    this.respondEnd(watch, await currentRevision(this.deps.kv), '');
  }

  /** Answered with one response for the whole stream once each watch has caught up. */
  requestProgress(): void {
    this.isProgressDue = true;
    for (const watch of this.watches.values()) {
      if (watch.watching.requestProgress === undefined) continue;
      watch.isAsked = true;
      watch.watching.requestProgress();
    }
    this.settleProgress();
  }

  /** Resolves when no watch is left in the `Kv`. */
  async close(): Promise<void> {
    for (const watch of this.watches.values()) watch.controller.abort();
    this.watches.clear();
    await Promise.all(this.pumps);
  }

  private findFault(wire: WatchCreateRequest, request: WatchRequest): string | undefined {
    const fault = this.findRefusal(request) ?? findRangeFault(request);
    if (fault !== undefined || wire.watchId === 0n || !this.watches.has(wire.watchId)) return fault;
    return 'mvcc: duplicate watch ID provided on the WatchStream';
  }

  /** In the words of Go's gRPC, as etcd puts them there. */
  private findRefusal(request: WatchRequest): string | undefined {
    try {
      this.deps.authorize(request);
      return undefined;
    } catch (error) {
      const { status, text } = statusOfError(error);
      return `rpc error: code = ${statusNameOf(status)} desc = ${text}`;
    }
  }

  private async refuse(cancelReason: string): Promise<void> {
    const { kv, identity, out } = this.deps;
    const header = headerOf(identity, await currentRevision(kv));
    const response = encodeWatchMessage(
      { header, watchId: noWatch },
      { kind: 'cancelled', reason: cancelReason },
    );
    out.push({ ...response, created: true });
  }

  private freeId(): bigint {
    while (this.watches.has(this.nextId)) this.nextId += 1n;
    this.nextId += 1n;
    return this.nextId - 1n;
  }

  private async pump(watch: Watch): Promise<void> {
    try {
      for await (const message of watch.watching) {
        if (watch.controller.signal.aborted) return;
        this.take(watch, message);
        await this.deps.out.room();
      }
    } catch (error) {
      const reason = isMusterError(error) ? error.message : 'internal error';
      if (!watch.controller.signal.aborted) this.respondEnd(watch, watch.reached, reason);
    } finally {
      this.forget(watch);
    }
  }

  private take(watch: Watch, message: WatchMessage): void {
    switch (message.kind) {
      case 'created':
        watch.isCreated = true;
        watch.reached = reachedAtStart(watch.request, message.revision);
        this.respond(watch, message.revision, message);
        break;
      case 'events':
        watch.reached = message.events.at(-1)?.kv.modRevision ?? watch.reached;
        this.respond(watch, message.revision, message);
        break;
      case 'progress':
        this.takeProgress(watch, message);
        break;
      case 'compacted':
        // As etcd: the header of this one alone has no revision.
        this.respond(watch, revision(0), message);
        break;
      case 'cancelled':
        this.respond(watch, watch.reached, message);
        break;
    }
  }

  private takeProgress(watch: Watch, message: Extract<WatchMessage, { kind: 'progress' }>): void {
    watch.reached = message.revision;
    if (watch.isAsked) {
      watch.isAsked = false;
      this.settleProgress();
    } else if (watch.request.progressNotify === true) this.respond(watch, message.revision, message);
  }

  private settleProgress(): void {
    const watches = [...this.watches.values()];
    if (!this.isProgressDue || watches.some((watch) => watch.isAsked)) return;
    this.isProgressDue = false;
    // As in etcd, a stream without watches is not answered.
    if (watches.length === 0) return;
    const least = revision(Math.min(...watches.map((watch) => watch.reached)));
    const header = headerOf(this.deps.identity, least);
    this.deps.out.push(
      encodeWatchMessage({ header, watchId: noWatch }, { kind: 'progress', revision: least }),
    );
  }

  private forget(watch: Watch): void {
    watch.controller.abort();
    if (this.watches.get(watch.id) === watch) this.watches.delete(watch.id);
    this.settleProgress();
  }

  /** Clients wait for `created` before anything else of a watch. */
  private respondEnd(watch: Watch, at: Revision, reason: string): void {
    if (!watch.isCreated) this.respond(watch, at, { kind: 'created', revision: at });
    this.respond(watch, at, { kind: 'cancelled', reason });
  }

  private respond(watch: Watch, at: Revision, message: WatchMessage): void {
    const frame = { header: headerOf(this.deps.identity, at), watchId: watch.id };
    const response = encodeWatchMessage(frame, message);
    const parts = watch.isFragmented ? fragmentsOf(response, maxRequestBytes) : [response];
    for (const part of parts) this.deps.out.push(part);
  }
}

/** A watch from the past has everything before its first revision; one from the future has what there is. */
function reachedAtStart(request: WatchRequest, now: Revision): Revision {
  const start = request.startRevision ?? 0;
  return start !== 0 && start <= now ? revision(Math.max(0, start - 1)) : now;
}
