// SPDX-License-Identifier: Apache-2.0

import { join } from 'node:path';
import { expect, test } from 'vitest';
import { realFiles } from '../effects/index.js';
import { answerBoot, type BootRequest } from './answer.js';
import { parseFacts } from './firmware-facts.js';
import type { BootAsset } from './plan.js';
import { bootMachine, bootPlan, bootProfile } from './testing.js';

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
]);
const assetOf = (digit: string): BootAsset => ({
  sha256: digit.repeat(64),
  path: `/images/${digit}`,
  sizeBytes: 7,
  modifiedMs: 0,
});
const image = {
  kind: 'ready',
  kernel: assetOf('a'),
  initrds: [assetOf('b'), assetOf('c')],
  args: ['quiet'],
} as const;
const profiles = {
  kernel: bootProfile({ name: 'kernel', image, args: ['console=ttyS0'] }),
  flatcar: bootProfile({ name: 'flatcar', image: { ...image, initrds: [] }, reads: 'flatcar' }),
  fcos: bootProfile({ name: 'fcos', image: { ...image, initrds: [] }, reads: 'fcos' }),
  away: bootProfile({ image: { kind: 'away', why: 'vmlinuz; #1 is being fetched' } }),
  agent: bootProfile(),
};
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

const factsOf = (query: string) => parseFacts(new URLSearchParams(query));
const ofMachine = (number: number) => factsOf(`mac=${bootMachine(number).marks.mac}`);
const asFirmware = factsOf(`mac=${bootMachine(2).marks.mac}&arch=x86_64&product=A%0aB`);

test.each<[string, BootRequest, keyof typeof profiles]>([
  ['chain.ipxe', { kind: 'chain' }, 'agent'],
  ['local.ipxe', { kind: 'script', facts: ofMachine(1) }, 'agent'],
  ['metadata.ipxe', { kind: 'script', facts: ofMachine(2) }, 'agent'],
  ['kernel.ipxe', { kind: 'script', facts: ofMachine(1) }, 'kernel'],
  ['away.ipxe', { kind: 'script', facts: ofMachine(1) }, 'away'],
  ['unknown.ipxe', { kind: 'script', facts: factsOf('') }, 'agent'],
  ['user-data.yaml', { kind: 'user-data', facts: ofMachine(4) }, 'agent'],
  ['flatcar.ipxe', { kind: 'script', facts: ofMachine(1) }, 'flatcar'],
  ['fcos.ipxe', { kind: 'script', facts: ofMachine(1) }, 'fcos'],
  ['ignition.ign', { kind: 'ignition', facts: ofMachine(4) }, 'agent'],
  ['metadata.env', { kind: 'metadata', facts: asFirmware }, 'agent'],
])('the answer %s is the golden one', async (file, request, profile) => {
  const machines = [...plan.machines, articleUserData];
  const response = answerBoot(request, { ...plan, machines, profiles: [profiles[profile]] });
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
  const { facts, ...rest } = bootMachine(1, { userData: text });
  const machine = {
    ...rest,
    get facts() {
      reads.count += 1;
      return facts;
    },
  };
  const ask = () => {
    try {
      return answerBoot({ kind: 'ignition', facts: ofMachine(1) }, bootPlan([machine]));
    } catch (error) {
      return error;
    }
  };
  expect(ask()).toEqual(ask());
  expect(reads.count).toBe(1);
});
