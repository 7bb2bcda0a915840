// SPDX-License-Identifier: Apache-2.0

import { diffSpec, type SpecChange } from '../../spec/index.js';
import type { ClusterPlan } from '../cluster-plan.js';
import { servedUserData } from './served-user-data.js';

/** What becomes of one machine when the files on the disk are applied. */
export interface MachineChange {
  readonly name: string;
  readonly kind: 'same' | 'changed' | 'added' | 'removed';
  /** Of the cluster file, in words: `role changes from member to proxy`. */
  readonly fields: readonly string[];
  /** What it is served; `undefined` on the side on which it does not exist. */
  readonly before: string | undefined;
  readonly after: string | undefined;
}

export interface ClusterChange {
  /** Of the cluster as a whole, in words. */
  readonly settings: readonly string[];
  /** Every machine of either plan, those of the new one first, in its order. */
  readonly machines: readonly MachineChange[];
}

/** Pure. Cost: renders each machine twice. */
export function planClusterChange(before: ClusterPlan, after: ClusterPlan): ClusterChange {
  const changes = diffSpec(before.spec, after.spec);
  const names = new Set([...after.machines.keys(), ...before.machines.keys()]);
  return {
    settings: changes.filter(({ kind }) => kind === 'setting-changed').map(({ text }) => text),
    machines: [...names].map((name) => {
      const fields = [...fieldsOf(changes, name), ...movesOf(before, after, name)];
      return changeOf(name, fields, servedUserData(before.boot, name), servedUserData(after.boot, name));
    }),
  };
}

/** A change of user-data is shown as what it does to the text. */
function fieldsOf(changes: readonly SpecChange[], name: string): readonly string[] {
  return changes.flatMap((change) =>
    change.kind === 'machine-changed' && change.machine === name && !/^userData/.test(change.field)
      ? [change.text.replace(/^machine \S+: /, '')]
      : [],
  );
}

/** Machines without an address of their own have one by their place in the file. */
function movesOf(before: ClusterPlan, after: ClusterPlan, name: string): readonly string[] {
  const [was, is] = [before.machines.get(name)?.known.privateIp, after.machines.get(name)?.known.privateIp];
  if (was === undefined || is === undefined || was === is) return [];
  return [`its address changes from ${was} to ${is}`];
}

function changeOf(
  name: string,
  fields: readonly string[],
  before: string | undefined,
  after: string | undefined,
): MachineChange {
  if (before === undefined) return { name, kind: 'added', fields, before, after };
  if (after === undefined) return { name, kind: 'removed', fields, before, after };
  const isSame = before === after && fields.length === 0;
  return { name, kind: isSame ? 'same' : 'changed', fields, before, after };
}
