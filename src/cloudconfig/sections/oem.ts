// SPDX-License-Identifier: Apache-2.0

import { textOption } from '../option-fields.js';
import { optionSection } from '../option-section.js';
import type { Section } from '../section.js';

/**
 * `coreos.oem`: /etc/oem-release, which says what the machine runs on; only with an `id`.
 *
 * Source of the form: coreos-cloudinit f1f0405, system/oem.go.
 */
export const oem: Section = optionSection(
  {
    name: 'oem',
    subject: 'the platform',
    prefix: '',
    options: [
      textOption('id'),
      textOption('name'),
      textOption('version_id'),
      textOption('home_url'),
      textOption('bug_report_url'),
    ],
  },
  (options) => {
    const bare = (key: string) => String(options[key] ?? '');
    const quoted = (key: string) => JSON.stringify(bare(key));
    if (bare('id') === '') return [];
    const lines = [
      `ID=${bare('id')}`,
      `VERSION_ID=${bare('version_id')}`,
      `NAME=${quoted('name')}`,
      `HOME_URL=${quoted('home_url')}`,
      `BUG_REPORT_URL=${quoted('bug_report_url')}`,
    ];
    const content = lines.map((line) => `${line}\n`).join('');
    const path = '/etc/oem-release';
    const reason = 'coreos.oem';
    return [
      {
        phase: 'files',
        action: { kind: 'write-file', path, content, encoding: 'utf8', owner: '', mode: 0o644, reason },
      },
    ];
  },
);
