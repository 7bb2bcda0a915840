// SPDX-License-Identifier: Apache-2.0

import { WatchCreateRequest_FilterType as Filter } from '../../../src/etcd/gen/etcdserverpb/watch.js';
import { methods } from '../../../src/etcd/methods.js';
import { deleteOp, putOp } from '../ops.js';
import type { Session } from '../session.js';
import { createOf, takeEvents } from '../watching.js';
import type { Scenario } from './index.js';

const { put, txn, deleteRange, watch, grantLease } = methods;
const text = (value: string) => Buffer.from(value, 'latin1');

/** Five revisions with seven events: two puts, a txn of two, a delete of two, a put. */
async function write({ key, end, quiet }: Session): Promise<void> {
  await quiet(put, { key: key('a'), value: text('1') });
  await quiet(put, { key: key('a'), value: text('2') });
  await quiet(txn, { success: [putOp({ key: key('b'), value: text('3') }), deleteOp({ key: key('a') })] });
  await quiet(txn, { success: [putOp({ key: key('d') }), putOp({ key: key('c'), value: text('4') })] });
  await quiet(deleteRange, { key: key('b'), rangeEnd: end });
  await quiet(put, { key: key('a'), value: text('5') });
}
const total = 10;

export const watchScenarios: readonly Scenario[] = [
  {
    name: 'watch-live',
    async run(session) {
      const { key, end, open, note } = session;
      const stream = open(watch);
      const all = { key: key(''), rangeEnd: end };
      const kinds = [
        ['all', all, total],
        ['with previous', { ...all, prevKv: true }, total],
        ['one key', { key: key('a') }, 4],
        ['half open', { key: key('a'), rangeEnd: key('b') }, 4],
        ['no puts', { ...all, filters: [Filter.NOPUT], prevKv: true }, 4],
        ['no deletes', { ...all, filters: [Filter.NODELETE] }, 6],
        ['nothing', { ...all, filters: [Filter.NODELETE, Filter.NOPUT] }, 0],
      ] as const;
      for (const [name, create] of kinds) {
        stream.send(createOf(create));
        await stream.take(name, 1);
      }
      await write(session);
      note(
        'events',
        await takeEvents(
          stream,
          kinds.reduce((sum, [, , count]) => sum + count, 0),
        ),
      );
    },
  },
  {
    name: 'watch-past',
    async run(session) {
      const { key, end, open, note, rev, quiet } = session;
      await write(session);
      const all = { key: key(''), rangeEnd: end };
      const kinds = [
        ['all', { ...all, startRevision: rev(1) }, total],
        ['later', { ...all, startRevision: rev(3), prevKv: true }, 8],
        ['one key', { key: key('a'), startRevision: rev(2), prevKv: true }, 3],
        ['no puts', { ...all, startRevision: rev(1), filters: [Filter.NOPUT], prevKv: true }, 4],
        ['no deletes', { ...all, startRevision: rev(1), filters: [Filter.NODELETE], prevKv: true }, 6],
        ['newest', { ...all, startRevision: rev(6) }, 1],
      ] as const;
      for (const [name, create, count] of kinds) {
        const stream = open(watch);
        stream.send(createOf(create));
        await stream.take(`${name} created`, 1);
        note(`${name} events`, await takeEvents(stream, count));
        stream.cancel();
      }
      const future = open(watch);
      future.send(createOf({ ...all, startRevision: rev(8) }));
      await future.take('future created', 1);
      for (const value of ['6', '7', '8']) await quiet(put, { key: key('a'), value: text(value) });
      note('future events', await takeEvents(future, 2));
    },
  },
  {
    name: 'watch-leased',
    async run({ key, open, note, quiet }) {
      await quiet(grantLease, { ID: 9001n, TTL: 900n });
      const stream = open(watch);
      stream.send(createOf({ key: key('a'), prevKv: true }));
      await stream.take('created', 1);
      await quiet(put, { key: key('a'), value: text('1'), lease: 9001n });
      await quiet(put, { key: key('a'), ignoreLease: true, value: text('2') });
      await quiet(methods.revokeLease, { ID: 9001n });
      note('events', await takeEvents(stream, 3));
    },
  },
];
