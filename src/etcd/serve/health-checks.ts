// SPDX-License-Identifier: Apache-2.0

import { type PlainAnswer, refusal } from '../grpc/plain.js';
import type { Kv } from '../kv.js';
import type { Maintenance } from '../member.js';
import { currentRevision } from './header.js';

export interface Health {
  readonly kv: Kv;
  readonly maintenance: Maintenance | undefined;
}

type Check = 'data_corruption' | 'serializable_read' | 'linearizable_read';

/** Source of paths, checks and texts: etcd-io/etcd, server/etcdserver/api/etcdhttp/health.go, 3.5. */
const checksOf: Readonly<Record<string, readonly Check[]>> = {
  '/livez': ['serializable_read'],
  '/readyz': ['data_corruption', 'serializable_read', 'linearizable_read'],
};

/**
 * `/livez` and `/readyz`, whole or one check (`/readyz/data_corruption`): `?exclude=NAME` leaves a check out,
 * `?verbose` lists them. `undefined` for another path.
 */
export function findCheck(
  health: Health,
  path: string,
): ((query: URLSearchParams) => Promise<PlainAnswer>) | undefined {
  const [, group = '', name] = /^(\/[^/]*)(?:\/(.*))?$/.exec(path) ?? [];
  const known = Object.hasOwn(checksOf, group) ? checksOf[group] : undefined;
  const checks = known?.filter((check) => name === undefined || check === name) ?? [];
  return checks.length === 0 ? undefined : (query) => answerChecks(health, checks, query);
}

async function answerChecks(
  health: Health,
  checks: readonly Check[],
  query: URLSearchParams,
): Promise<PlainAnswer> {
  const excluded = query.getAll('exclude');
  const lines: string[] = [];
  let isWell = true;
  for (const check of checks.filter((one) => !excluded.includes(one))) {
    const reason = await findFailure(health, check);
    isWell &&= reason === '';
    lines.push(reason === '' ? `[+]${check} ok\n` : `[-]${check} failed: ${reason}\n`);
  }
  if (!isWell) return refusal(503, lines.join(''));
  return refusal(200, `${query.has('verbose') ? lines.join('') : ''}ok`);
}

async function findFailure(health: Health, check: Check): Promise<string> {
  if (check === 'serializable_read') return findReadFailure(health, 'range error: ');
  if (check === 'linearizable_read') return findFailureOfLog(health, 'range error: ');
  const alarms = await raisedAlarms(health);
  return alarms.includes('CORRUPT') ? 'alarm activated: CORRUPT' : '';
}

/** `/health`; `?exclude=NOSPACE` passes over that alarm, `?serializable=true` changes nothing for one member. */
export async function healthAnswer(health: Health, query: URLSearchParams): Promise<PlainAnswer> {
  const excluded = query.getAll('exclude');
  const [alarm] = (await raisedAlarms(health)).filter((name) => !excluded.includes(name));
  const reason = alarm === undefined ? await findFailureOfLog(health, 'RANGE ERROR:') : `ALARM ${alarm}`;
  const body = JSON.stringify({ health: String(reason === ''), reason });
  return reason === '' ? { status: 200, type: 'text/plain; charset=utf-8', body } : refusal(503, body);
}

async function raisedAlarms({ maintenance }: Health): Promise<readonly string[]> {
  const alarms = (await maintenance?.alarms()) ?? [];
  return alarms.map(({ kind }) => (kind === 'no-space' ? 'NOSPACE' : 'CORRUPT'));
}

/** After a failed write etcd ends itself. A store that goes on for its readers is no more ready than that. */
async function findFailureOfLog(health: Health, prefix: string): Promise<string> {
  const [error] = (await health.maintenance?.status())?.errors ?? [];
  return error === undefined ? findReadFailure(health, prefix) : prefix + error;
}

async function findReadFailure({ kv }: Health, prefix: string): Promise<string> {
  try {
    await currentRevision(kv);
    return '';
  } catch (error) {
    return `${prefix}${error instanceof Error ? error.message : String(error)}`;
  }
}
