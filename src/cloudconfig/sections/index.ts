// SPDX-License-Identifier: Apache-2.0

import type { Section } from '../section.js';
import { etcd } from './etcd.js';
import { etcd2 } from './etcd2.js';
import { flannel } from './flannel.js';
import { fleet } from './fleet.js';
import { hostname } from './hostname.js';
import { locksmith } from './locksmith.js';
import { manageEtcHosts } from './manage-etc-hosts.js';
import { oem } from './oem.js';
import { sshAuthorizedKeys } from './ssh-authorized-keys.js';
import { units } from './units.js';
import { update } from './update.js';
import { users } from './users.js';
import { writeFiles } from './write-files.js';

/** All sections, in the order in which they are rendered and, within a phase, planned. */
export const sections: readonly Section[] = [
  hostname,
  users,
  sshAuthorizedKeys,
  writeFiles,
  manageEtcHosts,
  oem,
  flannel,
  units,
  etcd,
  etcd2,
  fleet,
  locksmith,
  update,
];
