// SPDX-License-Identifier: Apache-2.0

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import {
  type FrameHead,
  frameOf,
  frameType,
  headBytes,
  openingOf,
  readFrameHead,
  type Template,
  templateOf,
  windowUpdate,
} from './store-frames.js';

/** What is sent: each connection goes through the messages in turn, from a place of its own. */
export interface Load {
  readonly port: number;
  /** Like `/etcdserverpb.KV/Put`. */
  readonly path: string;
  readonly messages: readonly Uint8Array[];
  readonly connections: number;
  /** In flight on each connection. */
  readonly streams: number;
  /** Ends after so long, or after so many calls on each connection. */
  readonly until: { readonly seconds: number } | { readonly calls: number };
}

export interface LoadResult {
  readonly perSecond: number;
  /** From the sending of a call to the end of its answer: the middle one, or what stands for it. */
  readonly typicalMs: number;
  readonly calls: number;
}

interface Run {
  readonly load: Load;
  readonly templates: readonly Template[];
  readonly latencies: number[];
  readonly deadline: number;
  readonly callsEach: number;
}

/**
 * Keeps so many gRPC calls in flight, over bare sockets with prebuilt frames: what a real client takes on top would
 * be measured along with the server, on a machine of few cores. @throws when a call fails
 */
export async function runLoad(load: Load): Promise<LoadResult> {
  const templates = load.messages.map((message) => templateOf(load.path, `127.0.0.1:${load.port}`, message));
  const start = performance.now();
  const deadline = 'seconds' in load.until ? start + load.until.seconds * 1000 : Number.POSITIVE_INFINITY;
  const callsEach = 'calls' in load.until ? load.until.calls : Number.POSITIVE_INFINITY;
  const run: Run = { load, templates, latencies: [], deadline, callsEach };
  await Promise.all(Array.from({ length: load.connections }, (_, index) => runConnection(run, index)));
  const seconds = (performance.now() - start) / 1000;
  const latencies = Float64Array.from(run.latencies).sort();
  const calls = latencies.length;
  return { perSecond: calls / seconds, typicalMs: latencies[calls >>> 1] ?? Number.NaN, calls };
}

async function runConnection(run: Run, index: number): Promise<void> {
  const socket = connect({ host: '127.0.0.1', port: run.load.port, noDelay: true });
  await once(socket, 'connect');
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.once('close', () => reject(new Error('the server closed the connection')));
      const connection = new Connection(run, index, socket, resolve, reject);
      socket.on('data', (chunk: Buffer) => connection.take(chunk));
      connection.begin();
    });
  } finally {
    socket.destroy();
  }
}

/** The client's half of HTTP/2, as far as calls of one message need it. */
class Connection {
  private rest: Buffer = Buffer.alloc(0);
  private out: Buffer[] = [];
  private readonly calls = new Map<number, { readonly sentAt: number; hasMessage: boolean }>();
  private sent = 0;
  private readonly offset: number;
  /** What the server lets us send before it says more. */
  private window = 65_535;
  private consumed = 0;

  constructor(
    private readonly run: Run,
    index: number,
    private readonly socket: Socket,
    private readonly done: () => void,
    private readonly failed: (error: Error) => void,
  ) {
    this.offset = Math.floor((index * run.templates.length) / run.load.connections);
  }

  begin(): void {
    this.out.push(openingOf());
    this.fill();
    this.flush();
  }

  take(chunk: Buffer): void {
    const bytes = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    let at = 0;
    while (at + headBytes <= bytes.length) {
      const head = readFrameHead(bytes, at);
      const end = at + headBytes + head.length;
      if (end > bytes.length) break;
      this.takeFrame(head, bytes.subarray(at + headBytes, end));
      at = end;
    }
    this.rest = bytes.subarray(at);
    if (this.consumed > 1 << 20) {
      this.out.push(windowUpdate(0, this.consumed));
      this.consumed = 0;
    }
    this.fill();
    this.flush();
    if (this.calls.size === 0 && !this.mayCall()) this.done();
  }

  private takeFrame({ type, isLast, stream }: FrameHead, payload: Buffer): void {
    if (type === frameType.data) {
      this.consumed += payload.length;
      const call = this.calls.get(stream);
      if (call !== undefined && payload.length > 0) call.hasMessage = true;
    }
    if (type === frameType.settings && !isLast) this.out.push(frameOf(frameType.settings, 1, 0, empty));
    if (type === frameType.ping && !isLast) this.out.push(frameOf(frameType.ping, 1, 0, payload));
    if (type === frameType.windowUpdate && stream === 0) this.window += payload.readUInt32BE(0);
    if (type === frameType.goAway)
      this.failed(new Error(`the server wants no more calls: ${payload.toString('hex')}`));
    if (type === frameType.reset && this.calls.has(stream)) this.failed(new Error('a call was reset'));
    if ((type === frameType.headers || type === frameType.data) && isLast) this.end(stream);
  }

  private end(stream: number): void {
    const call = this.calls.get(stream);
    if (call === undefined) return;
    // A refusal is headers alone.
    if (!call.hasMessage) this.failed(new Error('a call was refused'));
    this.calls.delete(stream);
    this.run.latencies.push(performance.now() - call.sentAt);
  }

  private mayCall(): boolean {
    return this.sent < this.run.callsEach && performance.now() < this.run.deadline;
  }

  private fill(): void {
    const { templates, load } = this.run;
    if (!this.mayCall()) return;
    const sentAt = performance.now();
    while (this.calls.size < load.streams && this.sent < this.run.callsEach) {
      const template = templates[(this.offset + this.sent) % templates.length];
      if (template === undefined || this.window < template.dataBytes) return;
      const stream = 2 * this.sent + 1;
      this.out.push(template.write(stream, this.sent === 0));
      this.sent += 1;
      this.window -= template.dataBytes;
      this.calls.set(stream, { sentAt, hasMessage: false });
    }
  }

  private flush(): void {
    if (this.out.length === 0) return;
    this.socket.write(Buffer.concat(this.out));
    this.out = [];
  }
}

const empty = new Uint8Array(0);
