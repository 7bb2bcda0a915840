// SPDX-License-Identifier: Apache-2.0

import { type Command, type CommandGroup, endpointsFlag, fileFlag, outputFlag } from '../command.js';

const dataDir = {
  name: '--data-dir <folder>',
  description: 'where the data is kept',
  default: 'default.etcd',
};

const serve: Command = {
  name: 'serve',
  summary: 'run the embedded store alone: an etcd of one member',
  description: [
    'Runs the embedded store by itself until ^C or SIGTERM: an etcd of one member for tests, laptops and small sites. It',
    'speaks etcd v3 (gRPC and JSON) and the v2 API on one port. The flags are etcd’s own.',
  ].join('\n'),
  args: [],
  flags: [
    dataDir,
    { name: '--name <name>', description: 'name of the member', default: 'default' },
    {
      name: '--listen-client-urls <urls>',
      description: 'where it listens, a comma list',
      default: 'http://127.0.0.1:2379',
    },
    {
      name: '--advertise-client-urls <urls>',
      description: 'where clients reach it; as it listens when left out',
    },
    { name: '--quota-backend-bytes <bytes>', description: 'writes are refused beyond it', default: '2 GiB' },
    {
      name: '--auto-compaction-mode <mode>',
      description: 'what to keep of the history',
      choices: ['periodic', 'revision'],
      default: 'periodic',
    },
    { name: '--auto-compaction-retention <amount>', description: 'how much of it; 0: all', default: '0' },
    { name: '--cert-file <file>', description: 'certificate for https URLs' },
    { name: '--key-file <file>', description: 'its key' },
    { name: '--trusted-ca-file <file>', description: 'clients must show a certificate of this authority' },
    { name: '--client-cert-auth', description: 'the name in a client’s certificate is its user' },
  ],
  examples: [
    ['muster store serve', 'like `etcd`, on 127.0.0.1:2379'],
    [
      'muster store serve --data-dir /var/lib/muster --auto-compaction-retention 1',
      'keep an hour of history',
    ],
  ],
  run: async (input) => (await import('../app.js')).runStoreServe(input),
};

const backup: Command = {
  name: 'backup',
  summary: 'save the store to a file, while it runs',
  description: [
    'Saves the whole store as it is at one moment, checks the file, and only then gives it its name. The file is a',
    'snapshot as etcd makes them: stock `etcdctl snapshot restore` takes it.',
  ].join('\n'),
  args: [{ name: '<file>', description: 'where to' }],
  flags: [fileFlag, endpointsFlag, outputFlag],
  examples: [['muster store backup store.db', 'of this cluster']],
  run: async (input) => (await import('../app.js')).runStoreBackup(input),
};

const restore: Command = {
  name: 'restore',
  summary: 'make a data folder of a backup',
  description: [
    'Makes a new data folder of a backup, or of a snapshot of etcd 3.4 to 3.6, with new IDs. The folder must be empty or',
    'missing, and is left so when the file is damaged.',
  ].join('\n'),
  args: [{ name: '<file>', description: 'a backup, or a snapshot of etcd' }],
  flags: [
    dataDir,
    {
      name: '--skip-hash-check',
      description: 'take a file without a checksum: the `member/snap/db` of a stopped etcd',
    },
  ],
  examples: [
    ['muster store restore store.db --data-dir new.etcd', 'then `muster store serve --data-dir new.etcd`'],
  ],
  run: async (input) => (await import('../app.js')).runStoreRestore(input),
};

const status: Command = {
  name: 'status',
  summary: 'show version, revision, size and faults of a store',
  description:
    'Shows what a store says of itself. Exit code 1 when it reports a fault, a raised alarm for example.',
  args: [],
  flags: [fileFlag, endpointsFlag, outputFlag],
  examples: [['muster store status --endpoints http://127.0.0.1:2379', 'of any etcd']],
  run: async (input) => (await import('../app.js')).runStoreStatus(input),
};

const compact: Command = {
  name: 'compact',
  summary: 'forget the history of a store',
  description: 'Forgets all revisions before the one named, and waits until they are gone.',
  args: [{ name: '[revision]', description: 'the newest when left out' }],
  flags: [fileFlag, endpointsFlag],
  examples: [['muster store compact', 'keep only what is there now']],
  run: async (input) => (await import('../app.js')).runStoreCompact(input),
};

const serveV2: Command = {
  name: 'serve-v2',
  summary: 'answer the v2 tools for any etcd',
  description: [
    'Serves the v2 API over the keys of any etcd v3, so that `ETCDCTL_API=2 etcdctl` and old clients work with a cluster',
    'whose members no longer have it. Runs until ^C or SIGTERM, and keeps nothing of its own.',
  ].join('\n'),
  args: [],
  flags: [
    fileFlag,
    endpointsFlag,
    { name: '--listen <url>', description: 'where it listens', default: 'http://127.0.0.1:4001' },
    { name: '--advertise <url>', description: 'where clients reach it; as it listens when left out' },
  ],
  examples: [
    ['muster store serve-v2', 'for this cluster; `ETCDCTL_API=2 etcdctl` finds port 4001 by itself'],
    ['muster store serve-v2 --endpoints http://10.0.0.11:2379,http://10.0.0.12:2379', 'for any etcd'],
  ],
  run: async (input) => (await import('../app.js')).runStoreServeV2(input),
};

export const store: CommandGroup = {
  name: 'store',
  summary: 'run and look after the embedded store',
  description: 'Runs and looks after the embedded store, an etcd of one member.',
  commands: [serve, serveV2, backup, restore, status, compact],
};
