// SPDX-License-Identifier: Apache-2.0

import type { FirmwareFacts } from './firmware-facts.js';
import { describeMarks } from './marks.js';
import { explainMatch } from './match.js';
import type { BootPlan } from './plan.js';
import { explainProfile } from './profiles.js';

/** Which machine somebody is, what it boots, and why not something else. */
export interface BootExplanation {
  /** Empty: nobody of this cluster. */
  readonly machine: string;
  /** How it was recognised, or that it was not: `by mac 52:54:00:aa:00:01`. */
  readonly matched: string;
  /** Empty: none, and the machine waits. */
  readonly profile: string;
  /** What it waits for, although a profile fits; empty: it boots. */
  readonly waits: string;
  /** Every profile in the order in which they are tried. */
  readonly profiles: readonly {
    readonly name: string;
    readonly selector: Readonly<Record<string, string>>;
    readonly fits: boolean;
    /** What speaks against it: labels, or that another one came first. */
    readonly against: readonly string[];
  }[];
}

/** Pure. Of a machine that nobody knows, the profiles are told as if it were accepted. */
export function explainBoot(plan: BootPlan, facts: FirmwareFacts): BootExplanation {
  const match = explainMatch(plan, facts.marks);
  const tried = plan.profiles.map((profile) => ({
    profile,
    against: explainProfile(profile, match?.machine, facts),
  }));
  const first = tried.find(({ against }) => against.length === 0)?.profile;
  return {
    machine: match?.machine.name ?? '',
    matched:
      match === undefined ? `no machine has ${describeMarks(facts.marks)}` : `by ${match.by} ${match.value}`,
    profile: first?.name ?? '',
    waits: first?.image.kind === 'away' ? first.image.why : '',
    profiles: tried.map(({ profile, against }) => ({
      name: profile.name,
      selector: profile.selector,
      fits: profile === first,
      against:
        against.length > 0 || profile === first ? against : [`"${first?.name}" is tried before it and fits`],
    })),
  };
}
