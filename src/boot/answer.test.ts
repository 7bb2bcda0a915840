// SPDX-License-Identifier: Apache-2.0

import { join } from 'node:path';
import { expect, test } from 'vitest';
import { realFiles } from '../effects/index.js';
import { answerBoot, type BootRequest } from './answer.js';
import { bootMachine, bootPlan } from './testing.js';

const folder = join(import.meta.dirname, '../../test/golden/boot');
// Read here and not in the code under test: the environment is the test runner's.
const isUpdate = process.env.UPDATE_GOLDEN === '1';

const plan = bootPlan([
  bootMachine(1),
  bootMachine(2, {
    metadata: { role: 'web server', list: 'a,b=c', 'odd key': `\${x}` },
    facts: { ...bootMachine(2).facts, publicIpv4: '', privateIpv6: 'fd00::2' },
    userData: undefined,
  }),
  bootMachine(3, {
    profile: {
      kernel: 'http://127.77.4.1:7070/assets/vmlinuz',
      initrds: ['http://127.77.4.1:7070/assets/initrd.img', 'http://127.77.4.1:7070/assets/extra.cpio'],
      args: ['console=ttyS0', 'quiet'],
      reads: 'cloud-config',
    },
  }),
]);
const systems = (['flatcar', 'fcos'] as const).map((reads, index) =>
  bootMachine(5 + index, {
    profile: { kernel: 'http://127.77.4.1:7070/assets/vmlinuz', initrds: [], args: ['quiet'], reads },
  }),
);
const articleUserData = bootMachine(4, {
  userData: [
    '#cloud-config',
    'coreos:',
    '  etcd2:',
    '    advertise-client-urls: http://$private_ipv4:2379',
    '  fleet:',
    '    public-ip: "$public_ipv4"',
    '',
  ].join('\n'),
});

const marksOf = (number: number) => ({ mac: bootMachine(number).marks.mac });

test.each<[string, BootRequest]>([
  ['chain.ipxe', { kind: 'chain' }],
  ['local.ipxe', { kind: 'script', marks: marksOf(1) }],
  ['metadata.ipxe', { kind: 'script', marks: marksOf(2) }],
  ['kernel.ipxe', { kind: 'script', marks: marksOf(3) }],
  ['unknown.ipxe', { kind: 'script', marks: {} }],
  ['user-data.yaml', { kind: 'user-data', marks: marksOf(4) }],
  ['flatcar.ipxe', { kind: 'script', marks: marksOf(5) }],
  ['fcos.ipxe', { kind: 'script', marks: marksOf(6) }],
  ['ignition.ign', { kind: 'ignition', marks: marksOf(4) }],
])('the answer %s is the golden one', async (file, request) => {
  const response = answerBoot(request, {
    ...plan,
    machines: [...plan.machines, articleUserData, ...systems],
  });
  const text = response.kind === 'miss' ? '' : response.text;
  const path = join(folder, file);
  if (isUpdate) {
    await realFiles.makeFolder(folder);
    await realFiles.write(path, text, { mode: 0o644 });
  }
  expect(text).toBe(await realFiles.readText(path));
});

test.each([
  '#cloud-config\nhostname: a\n',
  '#cloud-config\nusers: [{name: a, coreos_ssh_import_github: a}]\n',
])('user-data is converted once, however often anybody asks: %j', (text) => {
  const reads = { count: 0 };
  const machine = Object.defineProperty(bootMachine(1), 'userData', {
    get: () => {
      reads.count += 1;
      return text;
    },
  });
  const ask = () => {
    try {
      return answerBoot({ kind: 'ignition', marks: marksOf(1) }, bootPlan([machine]));
    } catch (error) {
      return error;
    }
  };
  expect(ask()).toEqual(ask());
  expect(reads.count).toBe(1);
});
