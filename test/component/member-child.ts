// SPDX-License-Identifier: Apache-2.0

/**
 * Run by a test of the member runner as a process of its own: an agent that starts a member on an empty disk, says
 * `serving`, and goes on until it is killed. Arguments: program, data dir, address.
 */
import { once } from 'node:events';
import { runMember } from '../../src/bootstrap/member/run-member.js';
import { readVersion } from '../../src/bootstrap/member/version.js';
import { realClock, realExec, realFiles, realRandom, silentLog } from '../../src/effects/index.js';
import type { MemberOrder, MemberReport } from '../../src/model/index.js';

const [, , program = '', dataDir = '', ownAddress = ''] = process.argv;
const told = new EventTarget();
const last: { report?: MemberReport } = {};

async function* orders(): AsyncGenerator<{ readonly order: MemberOrder; readonly revision: number }> {
  const { disk, peerUrls } = last.report ?? {};
  const nonce = disk?.kind === 'empty' ? disk.nonce : '';
  const list = { name: 'child', initialCluster: [{ name: 'child', urls: peerUrls ?? [] }], token: 'child' };
  yield { order: { kind: 'start', nonce, state: 'new', ...list }, revision: 1 };
  await once(told, 'never');
}

await runMember(
  {
    clock: realClock,
    exec: realExec,
    files: realFiles,
    log: silentLog,
    random: realRandom,
    fetchSnapshot: () => Promise.reject(new Error('no snapshot here')),
  },
  {
    program,
    version: readVersion(realExec, program),
    tool: '',
    dataDir,
    environment: {},
    ownAddress,
    logFile: `${dataDir}.log`,
  },
  orders(),
  (report) => {
    last.report = report;
    if (report.process.kind === 'serving') process.stdout.write('serving\n');
  },
  () => {},
  new AbortController().signal,
);
