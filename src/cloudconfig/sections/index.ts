// SPDX-License-Identifier: Apache-2.0

import type { Section } from '../section.js';
import { etcd2 } from './etcd2.js';
import { fleet } from './fleet.js';
import { hostname } from './hostname.js';
import { sshAuthorizedKeys } from './ssh-authorized-keys.js';
import { units } from './units.js';
import { writeFiles } from './write-files.js';

/** All sections, in the order in which they are rendered and, within a phase, planned. */
export const sections: readonly Section[] = [hostname, sshAuthorizedKeys, writeFiles, units, etcd2, fleet];
