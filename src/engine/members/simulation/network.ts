// SPDX-License-Identifier: Apache-2.0

/** Who can talk to whom. Both ways, or not at all. */
export interface Network {
  /** Since when; nothing: they cannot. */
  linkedSince(one: string, other: string): number | undefined;
  /** Takes the links between the two groups away for a while. */
  cut(group: readonly string[], rest: readonly string[], until: number): void;
  healAll(): void;
}

/** What the control process is called in it. */
export const control = 'control';

export function openNetwork(now: () => number): Network {
  /** By link: when it comes back, or came. */
  const back = new Map<string, number>();
  const linkOf = (one: string, other: string) => (one < other ? `${one} ${other}` : `${other} ${one}`);
  return {
    linkedSince(one, other) {
      const since = back.get(linkOf(one, other)) ?? 0;
      return since > now() ? undefined : since;
    },
    cut(group, rest, until) {
      for (const one of group) for (const other of rest) back.set(linkOf(one, other), until);
    },
    healAll() {
      for (const [link, at] of back) back.set(link, Math.min(at, now()));
    },
  };
}
