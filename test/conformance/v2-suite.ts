// SPDX-License-Identifier: Apache-2.0

import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { v2Scripts } from './v2-scripts.js';
import { transcript } from './v2-transcript.js';

export interface OpenV2 {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * What every server of the v2 API answers alike. The answers on file are those of etcd 3.4.23: after a change of the
 * scripts they are taken down anew from it (`vitest -u`), and then hold for all others.
 */
export function v2Suite(name: string, open: () => Promise<OpenV2>): void {
  describe(name, () => {
    const state: { opened: OpenV2 | undefined } = { opened: undefined };
    beforeAll(async () => {
      state.opened = await open();
    });
    afterAll(() => state.opened?.close());

    for (const [title, steps] of Object.entries(v2Scripts)) {
      test(title, async () => {
        const told = await transcript(state.opened?.url ?? '', steps);
        const file = join(import.meta.dirname, `v2-answers/${title.replaceAll(' ', '-')}.txt`);
        await expect(`${told.join('\n')}\n`).toMatchFileSnapshot(file);
      });
    }
  });
}
