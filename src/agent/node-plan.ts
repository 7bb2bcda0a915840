// SPDX-License-Identifier: Apache-2.0

import type { Action, UserDataDeps } from '../cloudconfig/index.js';
import { type MachineFacts, renderIssue } from '../model/index.js';
import { parseMetadata } from './kernel-arguments.js';
import { planScript } from './script.js';

/** What user-data makes of a node. */
export interface NodePlan {
  readonly kind: 'cloud-config' | 'script' | 'none';
  readonly actions: readonly Action[];
  /** Empty: the machine's own. */
  readonly hostname: string;
  /** From `coreos.fleet.public_ip`; empty: the machine's own. */
  readonly publicIp: string;
  /** From `coreos.fleet.metadata`. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly problems: readonly string[];
}

const emptyPlan: NodePlan = {
  kind: 'none',
  actions: [],
  hostname: '',
  publicIp: '',
  metadata: {},
  problems: [],
};

export interface NodePlanOptions {
  /** Whether variables are filled in here; muster's boot face has done it already. */
  readonly fillsVariables?: boolean;
}

/** Reads user-data of any kind. What cannot be applied is a problem of the node, never a reason not to join. */
export async function planNode(
  deps: UserDataDeps,
  body: Uint8Array,
  facts: MachineFacts,
  { fillsVariables = false }: NodePlanOptions = {},
): Promise<NodePlan> {
  // Loaded only here: with its parsers it takes longer to load than all of the agent.
  const { decodeUserData, parseUserData, planActions, substitute } = await import('../cloudconfig/index.js');
  const decoded = decodeUserData(body, deps);
  const fill = (text: string) => (fillsVariables ? substitute(text, facts) : text);
  const found = decoded.kind === 'text' ? parseUserData(fill(decoded.text), deps) : decoded;
  switch (found.kind) {
    case 'empty':
      return emptyPlan;
    case 'script':
      return { ...emptyPlan, kind: 'script', actions: planScript(found.text) };
    case 'ignition':
      return { ...emptyPlan, problems: [`user-data is an Ignition ${found.version} config: not applied`] };
    case 'bad':
      return {
        ...emptyPlan,
        problems: found.issues
          .filter(({ severity }) => severity === 'error')
          .map((issue) => renderIssue('user-data', issue)),
      };
    case 'cloud-config': {
      const { hostname, fleet } = found.config;
      return {
        kind: 'cloud-config',
        actions: planActions(found.config, facts),
        hostname,
        publicIp: String(fleet.public_ip ?? ''),
        metadata: parseMetadata(String(fleet.metadata ?? '')),
        problems: [],
      };
    }
    default:
      return found satisfies never;
  }
}
