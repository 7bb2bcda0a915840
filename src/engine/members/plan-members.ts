// SPDX-License-Identifier: Apache-2.0

import type { StoreRecord } from '../../registry/index.js';
import { graceMs } from './fold-store-view.js';
import type { MemberPlanInput } from './member-plan-input.js';
import type { MemberStep } from './member-step.js';
import { planFormed } from './plan-formed.js';
import { planFounding } from './plan-founding.js';
import { settled } from './retry.js';

/**
 * What to do next for the etcd cluster that the machines run. Pure. The rules, in short:
 *
 * - Only what a quorum says counts, and without one no membership is touched.
 * - A place in the cluster is for one empty disk. A disk that is empty again has lost what its old member had
 *   acknowledged: that member is removed, and the machine gets a new place, as learner, then a vote.
 * - Removing comes before adding, one change at a time, and what is decided is decided anew from what is there.
 *
 * Planning again on the result decides nothing. Source: the algorithm of docs/members.md.
 */
export function planMembers(input: MemberPlanInput): readonly MemberStep[] {
  const { record, request } = input;
  if (request?.kind === 'restore') return [startOver(input, request)];
  if (record === undefined) return planFounding(input, undefined);
  switch (record.phase) {
    case 'forming':
      return planForming(input, record);
    case 'formed':
      return planSealing(input, record) ?? planFormed(input, record);
    case 'sealed':
      return planSealed(input, record);
    default:
      return record.phase satisfies never;
  }
}

/** The operator gives up the cluster there was: whatever is on the disks goes, once a machine is there to say so. */
function startOver(
  input: MemberPlanInput,
  request: Extract<MemberPlanInput['request'], { readonly kind: 'restore' }>,
): MemberStep {
  const reason = `restored on request from revision ${request.snapshot.revision}: ${request.reason}`;
  return {
    kind: 'write',
    event: 'restoring',
    record: freshRecord(input, request.snapshot),
    orders: new Map(input.wanted.map(({ name }) => [name, { kind: 'wipe', memberId: 'any', reason }])),
    isRequestDone: true,
    machine: '',
    reason,
  };
}

/** Another cluster in place of the one there was, whose members may still be there and must not be taken for it. */
function freshRecord(input: MemberPlanInput, restore: StoreRecord['restore']): StoreRecord {
  const { record } = input;
  const before = record === undefined || record.clusterId === '' ? [] : [record.clusterId];
  return {
    phase: 'forming',
    token: input.newToken(),
    clusterId: '',
    members: [],
    places: {},
    givenUp: [...(record?.givenUp ?? []), ...before],
    ...(record?.discovery && { discovery: record.discovery }),
    ...(restore && { restore }),
  };
}

function planForming(input: MemberPlanInput, record: StoreRecord): readonly MemberStep[] {
  const { sight } = input;
  if (sight.kind === 'silent') return planFounding(input, record);
  // Who answers must be the cluster that the founders say they are.
  const isFounders = Object.keys(record.places).some((name) => {
    const disk = input.reports.get(name)?.disk;
    return disk?.kind === 'data' && disk.clusterId === sight.clusterId;
  });
  if (!isFounders) return [];
  const { restore: _done, ...rest } = record;
  const formed: MemberStep = {
    kind: 'write',
    event: 'formed',
    record: {
      ...rest,
      phase: 'formed',
      clusterId: sight.clusterId,
      members: sight.members,
      places: Object.fromEntries(Object.entries(rest.places).map(([name, place]) => [name, settled(place)])),
    },
    orders: new Map(),
    machine: '',
    reason: `a quorum of ${sight.members.length} answers`,
  };
  return [formed];
}

function planSealing(input: MemberPlanInput, record: StoreRecord): readonly MemberStep[] | undefined {
  if (input.sight.kind === 'silent') return undefined;
  if (input.request?.kind === 'seal') return [{ kind: 'seal', reason: 'the cluster is asked to stop' }];
  if (!input.sight.isSealed || input.isStopping) return undefined;
  return [{ kind: 'unseal', reason: `the cluster ${record.clusterId} runs again` }];
}

/** All that was ever acknowledged is in the snapshot, so disks that went empty have lost nothing. */
function planSealed(input: MemberPlanInput, record: StoreRecord): readonly MemberStep[] {
  if (input.request?.kind === 'seal') {
    // Somebody lowered the alarm: what was written since is in no snapshot.
    const isOpen = input.sight.kind === 'quorum' && !input.sight.isSealed;
    return isOpen ? [{ kind: 'seal', reason: 'it took writes again, and is saved anew' }] : [];
  }
  if (input.isStopping) return [];
  if (input.sight.kind === 'quorum') {
    const { restore: _unused, ...rest } = record;
    const reason = 'its members never stopped';
    const formed = { ...rest, phase: 'formed' } as const;
    return [{ kind: 'write', event: 'unsealed', record: formed, orders: new Map(), machine: '', reason }];
  }
  const isAllEmpty = input.wanted.every(({ name }) => input.reports.get(name)?.disk.kind === 'empty');
  // It may only be choosing a leader.
  if (!isAllEmpty && input.now - input.sight.since < graceMs) return [];
  const orders = new Map(
    [...input.reports]
      .filter(([, { disk }]) => disk.kind !== 'empty')
      .map(([name]) => [name, { kind: 'wipe', memberId: 'any', reason: 'all of it was saved' } as const]),
  );
  const reason = `from what was saved at its stop, revision ${record.restore?.revision ?? 0}`;
  const fresh = freshRecord(input, record.restore);
  return [{ kind: 'write', event: 'restoring', record: fresh, orders, machine: '', reason }];
}
