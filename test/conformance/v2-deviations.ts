// SPDX-License-Identifier: Apache-2.0

/** Where the v2 view does not do as etcd 3.4 does, and why. Everything else is a defect. */
export const v2Deviations: readonly { readonly what: string; readonly why: string }[] = [
  {
    what: 'a stream that begins in the past goes on; etcd tells the first event of its history and then nothing',
    why: 'a watcher that is forgotten is a defect of etcd',
  },
  {
    what: 'hidden names are never told to a watcher above them; etcd tells them when asked for the past',
    why: 'whether a client is told must not hang on when it asks',
  },
  {
    what: 'a directory that goes is told to every watcher below it, also of names that do not exist',
    why: 'etcd itself does so from its history',
  },
  {
    what: 'the expiry of a node is told once; etcd tells some streams twice',
    why: 'a defect of etcd',
  },
  {
    what: 'unsorted listings come in byte order',
    why: 'etcd shows the order of a map, which no client can rely on',
  },
  {
    what: '`.` and `..` in a path are resolved without a 301',
    why: 'the HTTP server has done so before the view sees the request',
  },
  {
    what: 'a TTL below the shortest lease of the store (2 s on etcd) ends with that lease; until then the node is there',
    why: 'a lease ends a node on its own, whoever of the handlers lives',
  },
  {
    what: 'the index moves by more than one when v3 clients write, and when a directory of more than 30 nodes changes its TTL',
    why: 'both APIs have one index; a v3 txn holds 128 operations',
  },
  {
    what: 'the name of an in-order key is below its index when a v3 write or an expiry came between',
    why: 'nobody knows a revision before its txn; names are unique and grow all the same',
  },
  {
    what: 'the keys of one v3 txn share an index: of them a long poll gets the first, a stream all',
    why: 'v2 has one event for each index',
  },
  {
    what: 'a v3 key on a lease shows no TTL; when it goes with its lease it is `expire`',
    why: 'its lease is renewed at any time and has no end to show',
  },
  {
    what: 'a key that v3 puts into a directory with a TTL outlives it',
    why: 'v3 attaches only what its client says',
  },
  {
    what: 'history reaches 1000 indexes back, or to the last compaction; etcd counts its own events',
    why: 'the history is that of v3',
  },
  {
    what: 'members are not added, changed or removed: 501',
    why: 'the view knows a key space and not its servers; the v3 API has the calls',
  },
  {
    what: '`/v2/stats/store` counts what this handler was asked, and no expiries; `X-Raft-Index` is the index',
    why: 'v3 tells neither',
  },
];
