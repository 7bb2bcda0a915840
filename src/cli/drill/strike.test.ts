// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest';
import type { HostFaults } from '../../providers/index.js';
import { endFaults } from './strike.js';

test('what a killed drill has left behind is ended, whether a machine is off or not', async () => {
  const ended: string[] = [];
  const faults: Pick<HostFaults, 'thaw' | 'links'> = {
    thaw: async (name) => {
      if (name === 'b') throw new Error('it is off');
      ended.push(name);
    },
    links: {
      cut: async () => {},
      heal: async () => {
        ended.push('links');
      },
    },
  };
  await endFaults(faults, ['a', 'b', 'c']);
  expect(ended).toEqual(['a', 'c', 'links']);
});
