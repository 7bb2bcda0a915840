// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest';
import { explainBoot } from './explain.js';
import { parseFacts } from './firmware-facts.js';
import { findProfile, sortProfiles } from './profiles.js';
import { bootMachine, bootPlan, bootProfile } from './testing.js';

const profileOf = (name: string, selector: Readonly<Record<string, string>>) =>
  bootProfile({ name, selector });
const machine = bootMachine(1, { metadata: { rack: 'a1', gpu: 'yes' }, role: 'proxy' });
const plan = bootPlan(
  [machine, bootMachine(2)],
  sortProfiles([
    profileOf('rest', {}),
    profileOf('arm', { arch: 'aarch64' }),
    profileOf('rack', { rack: 'a1' }),
    profileOf('gpu-rack', { rack: 'a1', gpu: 'yes', platform: 'efi' }),
    profileOf('one', { mac: '52-54-00-00-00-02', role: 'member' }),
    profileOf('named', { name: 'core-01', asset: 'X' }),
  ]),
);
const factsOf = (query: string) => parseFacts(new URLSearchParams(query));

test('most labels come first, then the text that is last in the alphabet, then the default', () => {
  expect(plan.profiles.map(({ name }) => name)).toEqual(['gpu-rack', 'one', 'named', 'rack', 'arm', 'rest']);
});

test.each([
  ['', 'rack'],
  ['platform=efi', 'gpu-rack'],
  ['platform=pcbios', 'rack'],
  ['asset=X', 'named'],
  ['arch=arm64', 'rack'],
  ['rack=b2', 'rack'],
  ['gpu=no&platform=efi', 'gpu-rack'],
  ['profile=arm', 'arm'],
  ['profile=one', 'rack'],
  ['profile=nobody', 'rack'],
])('core-01 that sends "%s" boots %s', (query, profile) => {
  expect(findProfile(plan, machine, factsOf(query))?.name).toBe(profile);
});

test.each([
  ['mac=525400000002', 'one'],
  ['mac=52-54-00-99-99-99&arch=ARM64', 'arm'],
  ['mac=52-54-00-99-99-99', 'rest'],
])('a MAC that was sent counts before the one that is known: %s', (query, profile) => {
  expect(findProfile(plan, bootMachine(2), factsOf(query))?.name).toBe(profile);
});

test('what spoke against each other profile is told', () => {
  const told = explainBoot(plan, factsOf('uuid=00000000-0000-4000-8000-000000000001&platform=pcbios'));
  expect(told).toMatchObject({
    machine: 'core-01',
    matched: 'by uuid 00000000-0000-4000-8000-000000000001',
    profile: 'rack',
    waits: '',
  });
  expect(Object.fromEntries(told.profiles.map(({ name, against }) => [name, against]))).toEqual({
    'gpu-rack': ['platform is pcbios, not efi'],
    one: ['mac is 52:54:00:00:00:01, not 52:54:00:00:00:02', 'role is proxy, not member'],
    named: ['no asset is known, X is asked for'],
    rack: [],
    arm: ['no arch is known, arm64 is asked for'],
    rest: ['"rack" is tried before it and fits'],
  });
});

test('of a stranger it is told that nobody has its marks, and what it would boot', () => {
  expect(explainBoot(plan, factsOf('serial=Z&arch=arm64'))).toMatchObject({
    machine: '',
    matched: 'no machine has serial Z',
    profile: 'arm',
  });
});

test('a profile with user-data of its own serves it, to what asks later as well', async () => {
  const { answerBoot } = await import('./answer.js');
  const own = { ...machine, profileUserData: new Map([['arm', '#cloud-config\nhostname: arm\n']]) };
  const withOwn = bootPlan([own], plan.profiles);
  const ask = (kind: 'script' | 'user-data', query: string) =>
    answerBoot({ kind, facts: factsOf(`mac=525400000001&${query}`) }, withOwn);
  expect(ask('user-data', 'profile=arm')).toMatchObject({ text: '#cloud-config\nhostname: arm\n' });
  expect(ask('user-data', '')).toMatchObject({ text: expect.stringContaining('127.77.4.101') });
  expect(ask('script', '')).toMatchObject({ text: expect.stringContaining('&profile=rack ') });
});
