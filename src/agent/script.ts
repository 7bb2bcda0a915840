// SPDX-License-Identifier: Apache-2.0

import { createHash } from 'node:crypto';
import type { Action } from '../cloudconfig/index.js';

const workspace = 'coreos-cloudinit';

/**
 * What a user-data script does: it is kept on the node and run by bash as a unit of its own, once for each boot.
 *
 * Source: coreos-cloudinit f1f0405, initialize/workspace.go, system/env.go; the name is made of the text there
 * by chance, here by its hash, so that a second run finds the same.
 */
export function planScript(text: string): readonly Action[] {
  const id = createHash('sha256').update(text).digest('hex').slice(0, 12);
  const unit = `${workspace}-${id}.service`;
  const reason = 'user-data';
  const file = (path: string, content: string, mode: number): Action => ({
    kind: 'write-file',
    path,
    content,
    encoding: 'utf8',
    mode,
    owner: '',
    reason,
  });
  const folder = `/var/lib/${workspace}/scripts`;
  return [
    file(`${folder}/${id}`, text, 0o744),
    file(`${folder}/unit-name`, unit, 0o644),
    file(`/run/systemd/system/${unit}`, unitText(id), 0o644),
    { kind: 'reload-units', reason },
    { kind: 'command-unit', unit, command: 'start', reason },
  ];
}

function unitText(id: string): string {
  return [
    '[Unit]',
    'Description=User-data script',
    '',
    '[Service]',
    'Type=exec',
    // Active once it has run, so that nobody runs it again.
    'RemainAfterExit=yes',
    `ExecStart=/bin/bash %S/${workspace}/scripts/${id}`,
    '',
  ].join('\n');
}
