// SPDX-License-Identifier: Apache-2.0

import { methods } from '../../../src/etcd/methods.js';
import { putOp } from '../ops.js';
import { cancelOf, createOf, progressOf, takeEvents } from '../watching.js';
import type { Scenario } from './index.js';

const { put, txn, compact, watch } = methods;
const text = (value: string) => Buffer.from(value, 'latin1');

export const watchControlScenarios: readonly Scenario[] = [
  {
    name: 'watch-ids',
    async run({ key, open, quiet, note }) {
      const stream = open(watch);
      const create = async (label: string, fields: Parameters<typeof createOf>[0]) => {
        stream.send(createOf(fields));
        await stream.take(label, 1);
      };
      await create('chosen', { key: key('a'), watchId: 7n });
      await create('first of its own', { key: key('a') });
      await create('taken', { key: key('a'), watchId: 7n });
      await create('second of its own', { key: key('a') });
      await create('next one', { key: key('b'), watchId: 2n });
      await create('leaps over', { key: key('b') });
      stream.send(cancelOf(7n));
      await stream.take('cancelled', 1);
      await create('free again', { key: key('b'), watchId: 7n });
      stream.send(cancelOf(99n));
      stream.send(cancelOf(1n));
      await stream.take('cancelled one, and nothing for one that is not', 1);
      await create('end before start', { key: key('b'), rangeEnd: key('a') });
      await create('end at start', { key: key('b'), rangeEnd: key('b') });
      await quiet(put, { key: key('a'), value: text('1') });
      note('events', await takeEvents(stream, 1));
      await quiet(put, { key: key('b'), value: text('1') });
      note('more events', await takeEvents(stream, 3));
    },
  },
  {
    name: 'watch-bounds',
    async run({ key, open, quiet, note }) {
      const create = async (label: string, fields: Parameters<typeof createOf>[0]) => {
        const stream = open(watch);
        stream.send(createOf(fields));
        await stream.take(label, 1);
        return stream;
      };
      await create('no key', {});
      const fromStart = await create('no key, with end', { rangeEnd: key('c') });
      const toEnd = await create('to the end', { key: key('a'), rangeEnd: Uint8Array.of(0) });
      await create('negative start', { key: key('a'), startRevision: -1 });
      await quiet(put, { key: key('a'), value: text('1') });
      note('from the start', await takeEvents(fromStart, 1));
      note('to the end event', await takeEvents(toEnd, 1));
    },
  },
  {
    name: 'watch-progress',
    async run({ key, open, quiet, note }) {
      const stream = open(watch);
      stream.send(createOf({ key: key('a') }));
      await stream.take('created', 1);
      await quiet(put, { key: key('b'), value: text('1') });
      stream.send(progressOf);
      await stream.take('progress of what is quiet', 1);
      await quiet(put, { key: key('a'), value: text('1') });
      note('event', await takeEvents(stream, 1));
      stream.send(createOf({ key: key('c') }));
      await stream.take('second', 1);
      stream.send(progressOf);
      await stream.take('progress is said once for all', 1);
    },
  },
  {
    name: 'watch-compacted',
    async run({ key, end, rev, open, quiet, note }) {
      for (const value of ['1', '2', '3', '4']) await quiet(put, { key: key('a'), value: text(value) });
      await quiet(compact, { revision: rev(3) });
      const stream = open(watch);
      const all = { key: key(''), rangeEnd: end };
      stream.send(createOf({ ...all, startRevision: rev(2) }));
      await stream.take('created and ended', 2);
      stream.send(createOf({ ...all, startRevision: -1 }));
      await stream.take('before all time', 2);
      stream.send(createOf({ ...all, startRevision: rev(3), prevKv: true }));
      await stream.take('at the compact revision', 1);
      note('events', await takeEvents(stream, 2));
      await quiet(put, { key: key('a'), value: text('5') });
      note('goes on', await takeEvents(stream, 1));
    },
  },
  {
    name: 'watch-fragments',
    async run({ key, end, rev, open, quiet, note }) {
      const large = (name: string) => putOp({ key: key(name), value: Buffer.alloc(400_000, 0x61) });
      await quiet(txn, { success: [large('a'), large('b'), large('c')] });
      const all = { key: key(''), rangeEnd: end, startRevision: rev(1) };
      for (const fragment of [true, false]) {
        const stream = open(watch);
        stream.send(createOf({ ...all, fragment }));
        await stream.take(fragment ? 'cut' : 'whole', 1);
        note(fragment ? 'in pieces' : 'in one', await takeEvents(stream, 3));
      }
      for (const name of ['d', 'e', 'f']) {
        await quiet(put, { key: key(name), value: Buffer.alloc(1_400_000, 0x61) });
      }
      const stream = open(watch);
      stream.send(createOf({ ...all, startRevision: rev(2), fragment: true }));
      await stream.take('cut, large', 1);
      note('large', await takeEvents(stream, 3));
    },
  },
  {
    name: 'watch-end',
    async run({ key, open, quiet, note }) {
      const stream = open(watch);
      stream.send(createOf({ key: key('a') }));
      await stream.take('created', 1);
      stream.end();
      await quiet(put, { key: key('a'), value: text('1') });
      note('watches go on when the client has said all', await takeEvents(stream, 1));
    },
  },
];
