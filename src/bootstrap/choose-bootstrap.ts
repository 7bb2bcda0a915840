// SPDX-License-Identifier: Apache-2.0

import type { BootstrapKind } from '../model/index.js';

/** The options of a machine's etcd2 section, as its user-data has them. */
export interface MemberSection {
  readonly machine: string;
  /** Of the user-data, for messages; empty: it stands in the cluster file. */
  readonly file: string;
  readonly options: Readonly<Record<string, string | number | boolean>>;
}

export interface BootstrapChoice {
  readonly kind: BootstrapKind;
  /** `discovery-srv-name` of the first member that has it; empty: none does. */
  readonly srvName: string;
  /** What a user-data says and does not count; each once, however many machines share it. */
  readonly warnings: readonly BootstrapWarning[];
}

export interface BootstrapWarning {
  readonly file: string;
  /** As in the section: `discovery-srv`. */
  readonly key: string;
  readonly message: string;
  readonly hint: string;
}

interface Wish {
  readonly kind: BootstrapKind;
  readonly key: string;
  readonly value: string;
}

/**
 * How the cluster begins: as the cluster file says; else as the first user-data of a member does that says something;
 * else `static`. Pure. Whatever it is, muster itself tells its members of each other, so that no service that a
 * user-data names is asked.
 *
 * @param written `bootstrap` of the cluster file; nothing: the user-data may say
 * @param members in the order of the cluster file
 * @param domain whose zone is served with `srv`
 */
export function chooseBootstrap(
  written: BootstrapKind | undefined,
  members: readonly MemberSection[],
  domain: string,
): BootstrapChoice {
  const wished = members.flatMap((member) => wishesOf(member).map((wish) => ({ ...member, ...wish })));
  const kind = written ?? wished[0]?.kind ?? 'static';
  const counts =
    written !== undefined || wished[0] === undefined
      ? `the cluster file's bootstrap "${kind}" counts`
      : `"${wished[0].key}" of ${wished[0].machine} counts`;
  const warnings = wished.flatMap(({ file, ...wish }) => {
    const found = judge(wish, kind, counts, domain);
    return found === undefined ? [] : [{ file, key: wish.key, ...found }];
  });
  const srvNames = members.map(({ options }) => String(options['discovery-srv-name'] ?? ''));
  return {
    kind,
    srvName: srvNames.find((name) => name !== '') ?? '',
    warnings: [...new Map(warnings.map((one) => [JSON.stringify(one), one])).values()],
  };
}

/** etcd refuses more than one of them, but for `existing` beside a list. */
function wishesOf({ options }: MemberSection): readonly Wish[] {
  const wish = (kind: BootstrapKind, key: string): readonly Wish[] => {
    const value = String(options[key] ?? '');
    return value === '' ? [] : [{ kind, key, value }];
  };
  // A machine that joins a cluster which runs: somebody begins, and it is added.
  const isJoining = options['initial-cluster-state'] === 'existing';
  return [
    ...wish('discovery', 'discovery'),
    ...wish('srv', 'discovery-srv'),
    ...(isJoining ? wish('seed', 'initial-cluster-state') : wish('static', 'initial-cluster')),
  ];
}

function judge(
  { kind: wished, key, value }: Wish,
  kind: BootstrapKind,
  counts: string,
  domain: string,
): Pick<BootstrapWarning, 'message' | 'hint'> | undefined {
  if (wished !== kind) {
    return {
      message: `"${key}" does not count: ${counts}`,
      hint: `leave it out, or write bootstrap: ${wished} in the cluster file`,
    };
  }
  if (key === 'discovery') {
    return {
      message: `"${value}" is not asked: the members meet under a token of this cluster`,
      hint: 'give other machines the URL that `muster status` shows',
    };
  }
  if (key === 'discovery-srv' && value !== domain) {
    return {
      message: `"${value}" is not asked, and not served: the zone of this cluster is "${domain}"`,
      hint: `write domain: ${value} in the cluster file to have it served`,
    };
  }
  return undefined;
}
