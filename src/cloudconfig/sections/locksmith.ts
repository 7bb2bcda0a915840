// SPDX-License-Identifier: Apache-2.0

import { patternOption, textOption } from '../option-fields.js';
import type { Section } from '../section.js';
import { environmentSection } from '../unit-environment.js';

/**
 * `coreos.locksmith`: variables of locksmithd.service, which reboots machines one after another.
 *
 * Source of names and forms: coreos-cloudinit f1f0405, config/locksmith.go. Unlike there, a length takes only units
 * of time that locksmith knows.
 */
export const locksmith: Section = environmentSection(
  {
    name: 'locksmith',
    subject: 'locksmithd.service',
    prefix: 'LOCKSMITHD_',
    options: [
      textOption('endpoint'),
      textOption('etcd_cafile'),
      textOption('etcd_certfile'),
      textOption('etcd_keyfile'),
      textOption('etcd_username'),
      textOption('etcd_password'),
      textOption('group'),
      patternOption('window_start', {
        variable: 'REBOOT_WINDOW_START',
        pattern: /^((sun|mon|tue|wed|thu|fri|sat) )?0*([0-9]|1[0-9]|2[0-3]):0*([0-9]|[1-5][0-9])$/i,
        noun: 'a time of day',
        hint: "write hours and minutes, a day before them if it is once a week: 'Thu 04:00'",
      }),
      patternOption('window_length', {
        variable: 'REBOOT_WINDOW_LENGTH',
        pattern: /^\+?(\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)((\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h))*$/,
        noun: 'a length of time',
        hint: 'write numbers with h, m or s: 1h30m',
      }),
    ],
  },
  'locksmithd.service',
);
