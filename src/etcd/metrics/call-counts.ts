// SPDX-License-Identifier: Apache-2.0

import type { Method } from '../grpc/method.js';
import { statusNameOf } from '../status-name.js';
import type { Figure, Sample } from './figure.js';

interface Count {
  readonly labels: Readonly<Record<string, string>>;
  started: number;
  /** By status. */
  readonly handled: number[];
}

const labelNames = ['grpc_type', 'grpc_service', 'grpc_method'];

/** Counts the calls of a method table: `grpc_server_…`, as Go's servers do. */
export interface CallCounts {
  start(path: string): void;
  end(path: string, status: number): void;
  readonly figures: readonly Figure[];
}

export function callCounts(methods: readonly Method[]): CallCounts {
  const byPath = new Map(methods.map((method) => [method.path, countOf(method)]));
  const samples = (read: (count: Count) => readonly Sample[]) => [...byPath.values()].flatMap(read);
  return {
    start(path) {
      const count = byPath.get(path);
      if (count !== undefined) count.started += 1;
    },
    end(path, status) {
      const count = byPath.get(path);
      if (count !== undefined) count.handled[status] = (count.handled[status] ?? 0) + 1;
    },
    figures: [
      {
        kind: 'counter',
        name: 'grpc_server_started_total',
        help: 'Total number of RPCs started on the server.',
        labelNames,
        read: () => samples(({ labels, started }) => [{ labels, value: started }]),
      },
      {
        kind: 'counter',
        name: 'grpc_server_handled_total',
        help: 'Total number of RPCs completed on the server, regardless of success or failure.',
        labelNames: [...labelNames, 'grpc_code'],
        read: () => samples(handledOf),
      },
    ],
  };
}

/** A status that was never seen is left out, but for the good one. */
function handledOf({ labels, handled }: Count): readonly Sample[] {
  const known = Array.from(handled, (value = 0, status) => ({ status, value }));
  return known
    .filter(({ status, value }) => status === 0 || value > 0)
    .map(({ status, value }) => ({ labels: { ...labels, grpc_code: statusNameOf(status) }, value }));
}

function countOf({ kind, path }: Method): Count {
  const [, service = '', name = ''] = path.split('/');
  const type = kind === 'unary' ? 'unary' : streamType(path);
  const labels = { grpc_type: type, grpc_service: service, grpc_method: name };
  return { labels, started: 0, handled: [0] };
}

/** Health's Watch and Snapshot answer one message; all others that stream talk both ways. */
function streamType(path: string): string {
  return path.endsWith('/Snapshot') || path.endsWith('Health/Watch') ? 'server_stream' : 'bidi_stream';
}
