// SPDX-License-Identifier: Apache-2.0

import type { EtcdClient } from '../../etcd/index.js';
import { isMusterError } from '../../model/index.js';

/** Whether nobody answers there. Any answer, a refusal as well, is a sign of life. */
export async function isSilent(member: Pick<EtcdClient, 'status'>): Promise<boolean> {
  try {
    await member.status();
    return false;
  } catch (error) {
    return silences.some((code) => isMusterError(error, code));
  }
}

const silences = ['etcd/unavailable', 'etcd/deadline-exceeded'];
