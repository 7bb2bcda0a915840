// SPDX-License-Identifier: Apache-2.0

import { createHash } from 'node:crypto';
import type { Action, Gunzip } from '../cloudconfig/index.js';
import type { Clock } from '../effects/index.js';
import type { MachineFacts } from '../model/index.js';
import type { NodeConfig, StandingConfig } from '../registry/index.js';
import type { ActionDeps } from './actions.js';
import { applyActions } from './apply.js';
import { findDrift } from './find-drift.js';
import { foldLeftovers } from './leftovers.js';
import { type NodePlan, planNode } from './node-plan.js';

export interface ConfigurationDeps extends ActionDeps {
  readonly clock: Clock;
  readonly gunzip?: Gunzip;
}

export interface ConfigurationOptions {
  readonly root: string;
  readonly facts: MachineFacts;
  readonly bootId: string;
  /** Called after each change of what `view` and `problems` say. */
  readonly onChange: () => void;
  /** Called once, when the node is as it is to be but for the units that commands are for. */
  readonly onPrepared: () => void;
}

/** What a node is to be, and how it stands to that. One thing at a time is done to the node, in the order of the calls. */
export interface Configuration {
  /** Of the user-data in force. */
  plan(): NodePlan;
  view(): NodeConfig;
  problems(): readonly string[];
  /** Performs what the node booted with. */
  begin(signal: AbortSignal): Promise<void>;
  /** Takes over what an order says, unless it was dealt with or is meant for another boot. */
  take(standing: StandingConfig, signal: AbortSignal): Promise<void>;
  /** Looks for drift now and then, until `signal` fires. */
  watchDrift(signal: AbortSignal): Promise<void>;
  /** Resolves when nothing is being done to the node. */
  idle(): Promise<void>;
}

/** Often enough to be seen while one looks, and a few file reads each time. */
const driftEveryMs = 10_000;

interface State {
  plan: NodePlan;
  view: NodeConfig;
  problems: readonly string[];
  /** What earlier configurations asked for and this one does not. */
  leftovers: readonly string[];
  /** Actions that failed: what they should have written is no drift. */
  failed: ReadonlySet<Action>;
}

export function openConfiguration(
  deps: ConfigurationDeps,
  options: ConfigurationOptions,
  first: { readonly body: Uint8Array; readonly plan: NodePlan },
): Configuration {
  const { root, onChange } = options;
  const prepared = once(options.onPrepared);
  const state: State = {
    plan: first.plan,
    view: { hash: hashOf(first.body), state: 'applying', order: 0, drift: [], atBoot: [] },
    problems: first.plan.problems,
    leftovers: [],
    failed: new Set(),
  };
  const inTurn = openTurns();
  const change = (view: Partial<NodeConfig>, problems = state.problems) => {
    state.view = { ...state.view, ...view };
    state.problems = problems;
    onChange();
  };
  const perform = async (signal: AbortSignal) => {
    const { reports } = await applyActions(deps, root, state.plan.actions, signal, prepared);
    prepared();
    const failed = reports.filter(({ outcome }) => outcome === 'failed');
    state.failed = new Set(failed.map(({ action }) => action));
    return [
      ...state.plan.problems,
      ...failed.map(({ action, message }) => `${action.reason}: ${message ?? 'failed'}`),
    ];
  };
  const settle = (problems: readonly string[], view: Partial<NodeConfig> = {}) =>
    change({ ...view, state: problems.length === 0 ? 'applied' : 'failed', drift: [] }, problems);

  const take = async ({ order, revision }: StandingConfig, signal: AbortSignal) => {
    if (order.bootId !== options.bootId || revision === state.view.order || signal.aborted) return;
    change({ state: 'applying' });
    const body = Buffer.from(order.userData);
    const next = await planNode(deps, body, options.facts);
    if (next.problems.length > 0) return settle(next.problems, { order: revision });
    const hash = hashOf(body);
    const atBoot = hash === state.view.hash ? state.view.atBoot : planAtBoot(state, first.plan, next);
    if (!isScript(state.plan, next)) {
      state.leftovers = foldLeftovers(state.leftovers, state.plan.actions, next.actions);
      state.plan = next;
    }
    settle(await perform(signal), { order: revision, hash, atBoot });
  };

  const lookForDrift = async () => {
    const actions = state.plan.actions.filter((action) => !state.failed.has(action));
    const drift = await findDrift(deps, root, actions);
    if (drift.join('\n') !== state.view.drift.join('\n')) change({ drift });
  };

  return {
    plan: () => state.plan,
    view: () => state.view,
    problems: () => state.problems,
    begin: (signal) => inTurn(async () => settle(await perform(signal))),
    take: (standing, signal) => inTurn(() => take(standing, signal)),
    async watchDrift(signal) {
      for (;;) {
        await deps.clock.sleep(driftEveryMs, signal);
        if (signal.aborted) return;
        await inTurn(lookForDrift);
      }
    },
    idle: () => inTurn(async () => {}),
  };
}

/** What taking over `next` leaves to the next boot, in words. */
function planAtBoot({ plan, leftovers }: State, booted: NodePlan, next: NodePlan): readonly string[] {
  if (isScript(plan, next)) return ['the script is run'];
  const left = foldLeftovers(leftovers, plan.actions, next.actions);
  return [
    ...(next.hostname === booted.hostname ? [] : ['units are told the new host name']),
    ...left.map((target) => `no longer asked for, and there until then: ${target}`),
  ];
}

/** A script is for a machine that has just booted: it is not run on one that is at work. */
function isScript(...plans: readonly NodePlan[]): boolean {
  return plans.some(({ kind }) => kind === 'script');
}

function hashOf(body: Uint8Array): string {
  return createHash('sha256').update(body).digest('hex');
}

function once(work: () => void): () => void {
  let isDone = false;
  return () => {
    if (!isDone) work();
    isDone = true;
  };
}

/** Runs one piece of work after the other. What one throws is for its caller alone. */
function openTurns(): (work: () => Promise<void>) => Promise<void> {
  let last: Promise<void> = Promise.resolve();
  return (work) => {
    const done = last.then(work);
    last = done.catch(() => {});
    return done;
  };
}
