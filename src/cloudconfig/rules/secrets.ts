// SPDX-License-Identifier: Apache-2.0

import type { DataPath, DataProblem } from '../../spec/index.js';
import type { CloudConfig, SectionOptions } from '../cloud-config.js';
import { problem } from '../rule.js';

const served =
  'whoever asks for this file gets it: fetch the secret on the machine, from a place that asks who is there';

const privateKey = /-----BEGIN [A-Z ]*PRIVATE KEY-----/;
/** Blanks of one line only: across lines, a text of empty lines would take time by the square of its length. */
const assignment =
  /^[^\S\n]*(?:export[^\S\n]+|Environment="?)?[A-Z0-9_]*(PASSWORD|PASSWD|SECRET|TOKEN|API_KEY|ACCESS_KEY)="?[^\s"$<]{6,}/im;

/** Secrets that stand in clear: user-data is served to whoever asks, without a question. */
export function checkSecrets(config: CloudConfig): readonly DataProblem[] {
  return [
    ...config.users.flatMap((user, index) => checkPassword(user.passwordHash, ['users', index, 'passwd'])),
    ...config.writeFiles.flatMap((file, index) => {
      const text =
        file.encoding === 'utf8' ? file.content : Buffer.from(file.content, 'base64').toString('latin1');
      return checkText(text, ['write_files', index, 'content'], file.encoding === 'utf8');
    }),
    ...config.units.flatMap(({ content, dropIns }, index) => [
      ...checkText(content, ['coreos', 'units', index, 'content'], true),
      ...dropIns.flatMap((file, at) =>
        checkText(file.content, ['coreos', 'units', index, 'drop_ins', at, 'content'], true),
      ),
    ]),
    ...(['fleet', 'flannel', 'locksmith'] as const).flatMap((name) =>
      checkOption(config[name], ['coreos', name, 'etcd_password']),
    ),
  ];
}

function checkPassword(hash: string, path: DataPath): readonly DataProblem[] {
  if (/^[*!]*$/.test(hash)) return [];
  if (/^!*\$(y|gy|7|2[aby]|6|5|sha1|1|md5)\$.{8}/.test(hash))
    return [
      problem('secret', 'warning', path, [
        'the hash of a password can be read by anybody',
        `log in with keys; ${served}`,
      ]),
    ];
  const hint = 'write what "mkpasswd --method=sha-512" prints, or better: log in with keys';
  return [
    problem('secret', 'error', path, [
      'this is no hash: a password in clear, or a form that is broken',
      hint,
    ]),
  ];
}

function checkText(text: string, path: DataPath, hasLines: boolean): readonly DataProblem[] {
  if (text === '') return [];
  const key = privateKey.exec(text);
  const found = key ?? assignment.exec(text);
  if (found === null) return [];
  const line = text.slice(0, found.index).split('\n').length;
  const message = key === null ? `${found[1]} is in clear` : 'a private key is in clear';
  return [problem('secret', 'warning', path, [message, served], hasLines ? { line } : {})];
}

function checkOption(options: SectionOptions, path: readonly string[]): readonly DataProblem[] {
  const value = options[path.at(-1) ?? ''];
  return value === undefined || value === ''
    ? []
    : [problem('secret', 'warning', path, ['a password is in clear', served])];
}
