// SPDX-License-Identifier: Apache-2.0

import { z } from 'zod';
import { type TargetState, targetStates, type UnitRegistry } from '../registry/index.js';
import { type CheckedUnit, checkUnit, findUnitName, renderUnit } from '../units/index.js';
import { emptyAnswer, errorAnswer } from './answers.js';
import { isJson, readJson } from './json-body.js';

const optionSchema = z.object({
  section: z.string().default(''),
  name: z.string().default(''),
  value: z.string().default(''),
});
const unitSchema = z.object({
  name: z.string().default(''),
  options: z.array(optionSchema).nullish(),
  desiredState: z.string().default(''),
});

/**
 * `PUT /units/<name>`: makes a unit, gives it another text, or says what it should be. 201: it is new, or its text is;
 * 204: only its state was changed. A text without a state leaves the state as it is, so that a unit that runs is
 * replaced where it runs, and does not stop for it as it did with fleet.
 *
 * Source: coreos/fleet api/units.go. Unlike there, a state that does not exist is refused.
 */
export async function putUnit(units: UnitRegistry, request: Request, item: string): Promise<Response> {
  if (!isJson(request)) return errorAnswer(415, 'only acceptable Content-Type is application/json');
  const body = await readJson(request, unitSchema);
  if (body instanceof Response) return body;
  const { name = item } = { ...(body.name === '' ? {} : { name: body.name }) };
  if (name !== item) {
    return errorAnswer(400, `name in URL "${item}" differs from unit name in request body "${name}"`);
  }
  if (findUnitName(name)?.full !== name) return errorAnswer(400, `"${name}" is not a unit name`);
  const state = targetStates.find((one) => one === body.desiredState);
  if (state === undefined && body.desiredState !== '') {
    return errorAnswer(
      400,
      `desiredState "${body.desiredState}" is none: it is one of ${targetStates.join(', ')}`,
    );
  }
  const options = body.options ?? [];
  const unit = options.length === 0 ? undefined : checkOptions(name, options);
  if (typeof unit === 'string') return errorAnswer(400, unit);
  const table = await units.tableOf(name);
  const hash = table.jobs.get(name)?.object?.hash;
  if (hash === undefined && unit === undefined) {
    return errorAnswer(409, 'unit does not exist and options field empty');
  }
  const refusal = refuseTemplate(name, state, unit?.text ?? table.texts.get(hash ?? '') ?? '');
  if (refusal !== undefined) return errorAnswer(400, refusal);
  if (unit !== undefined && unit.hash !== hash) return write(units, unit, state);
  if (state === undefined) return errorAnswer(409, 'must provide DesiredState to update existing unit');
  // Destroyed meanwhile.
  if (!(await units.setTargetState(name, state))) return errorAnswer(404, 'unit does not exist');
  return emptyAnswer(204);
}

/** Another client may make or destroy the unit meanwhile; then the other way works. */
async function write(
  units: UnitRegistry,
  { name, text, hash }: CheckedUnit,
  state: TargetState | undefined,
): Promise<Response> {
  const submission = { unit: name.full, text, hash, ...(state === undefined ? {} : { targetState: state }) };
  for (let tries = 0; tries < 3; tries += 1) {
    if (await units.submit(submission)) return emptyAnswer(201);
    if (!(await units.replace(submission))) continue;
    if (state !== undefined) await units.setTargetState(name.full, state);
    return emptyAnswer(201);
  }
  return errorAnswer(409, 'others change the same unit');
}

/** What is wrong with it, in words, or the unit. */
function checkOptions(name: string, options: readonly z.infer<typeof optionSchema>[]): CheckedUnit | string {
  const checked = checkUnit(name, renderUnit(options));
  if (checked.kind === 'bad') {
    const all = checked.issues.filter(({ severity }) => severity === 'error');
    return all.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('; ');
  }
  // A line end, or a section that is none, would make other options out of one.
  const given = options.map(({ section, name: key }) => `${section} ${key}`).sort();
  const read = checked.unit.options.map(({ section, name: key }) => `${section} ${key}`).sort();
  if (given.length === read.length && given.every((one, index) => one === read[index])) return checked.unit;
  return 'an option cannot be written into a unit file: a section, a name or a value breaks its line';
}

/** A template stands for its instances; one that says how many there are is started for all of them. */
function refuseTemplate(name: string, state: TargetState | undefined, text: string): string | undefined {
  if (findUnitName(name)?.instance !== '' || state === undefined || state === 'inactive') return undefined;
  const checked = checkUnit(name, text);
  const hasReplicas = checked.kind === 'ok' && checked.unit.placement.replicas !== undefined;
  return hasReplicas ? undefined : `cannot activate template "${name}"`;
}
