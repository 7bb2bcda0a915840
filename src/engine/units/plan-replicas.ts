// SPDX-License-Identifier: Apache-2.0

import type { UnitJob } from '../../registry/index.js';
import type { PlannedUnit } from './board.js';
import type { PlanPass } from './plan-units.js';

/**
 * Keeps as many instances of a template as its `Replicas` says, named 1, 2, …, with its text and its target state. An
 * instance that somebody submitted by hand is left alone. True when the unit is done with.
 */
export function planReplicas(pass: PlanPass, name: string, job: UnitJob): boolean {
  const { board } = pass;
  const unit = board.unit(name);
  const template = job.object?.replicaOf;
  if (template !== undefined) {
    const owner = board.unit(template);
    const isTextMissing = owner === undefined && board.table.jobs.get(template)?.object !== undefined;
    const number = Number(unit?.parts.instance);
    if (isTextMissing || unit === undefined || number <= (owner?.options.replicas ?? 0)) return false;
    const writes = [...board.holders(name)].map(
      (machine) => ({ kind: 'schedule', machine, unit: name, entry: undefined }) as const,
    );
    const reason =
      owner === undefined ? `${template} is gone` : `${template} has ${owner.options.replicas ?? 0} replicas`;
    pass.decide({ kind: 'removed', unit: name, machine: job.target, reason }, [
      ...writes,
      { kind: 'drop-unit', unit: name },
    ]);
    return true;
  }
  if (unit?.parts.instance !== '') return false;
  keepReplicas(pass, unit, job);
  return true;
}

function keepReplicas(pass: PlanPass, template: PlannedUnit, job: UnitJob): void {
  const { board } = pass;
  const { prefix, type } = template.parts;
  for (let number = 1; number <= (template.options.replicas ?? 0); number += 1) {
    const unit = `${prefix}@${number}.${type}`;
    const found = board.table.jobs.get(unit);
    if (found?.object !== undefined && found.object.replicaOf !== template.name) continue;
    const isSame = found?.object?.hash === template.hash && found.targetState === job.targetState;
    if (isSame || (found?.object === undefined && job.targetState === 'inactive')) continue;
    pass.decide(
      { kind: 'changed', unit, machine: undefined, reason: `it is a replica of ${template.name}` },
      [
        {
          kind: 'replica',
          unit,
          object: { hash: template.hash, replicaOf: template.name },
          targetState: job.targetState,
        },
      ],
    );
  }
}
