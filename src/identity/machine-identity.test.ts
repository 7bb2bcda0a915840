// SPDX-License-Identifier: Apache-2.0

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { machineIdentity } from './machine-identity.js';

const clusterId = '0123456789abcdef0123456789abcdef';

test('an identity is stable, and another one for each name and each cluster', () => {
  const first = machineIdentity(clusterId, 'core-01', {});
  expect(machineIdentity(clusterId, 'core-01', {})).toEqual(first);
  expect(machineIdentity(clusterId, 'core-02', {}).machineId).not.toBe(first.machineId);
  expect(machineIdentity(`f${clusterId.slice(1)}`, 'core-01', {}).mac).not.toBe(first.mac);
});

test('marks that were given stay, and the machine ID follows the UUID', () => {
  const uuid = '9b5c0d5e-2f0e-4c1a-8a3e-0f1e2d3c4b5a';
  expect(machineIdentity(clusterId, 'a', { uuid, mac: 'aa:bb:cc:dd:ee:ff' })).toEqual({
    machineId: '9b5c0d5e2f0e4c1a8a3e0f1e2d3c4b5a',
    mac: 'aa:bb:cc:dd:ee:ff',
    uuid,
  });
});

test('minted marks are well formed', () => {
  fc.assert(
    fc.property(fc.string(), (name) => {
      const { mac, uuid, machineId } = machineIdentity(clusterId, name, {});
      expect(mac).toMatch(/^52:54:00(:[0-9a-f]{2}){3}$/);
      expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      expect(machineId).toBe(uuid.replaceAll('-', ''));
    }),
  );
});
