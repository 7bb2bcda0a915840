// SPDX-License-Identifier: Apache-2.0

/** How a member speaks to the discovery service. The two derive different member IDs from one token. */
export type DiscoveryProtocol = 'v2' | 'v3';

/** One member's place under a token. */
export interface Slot {
  /** 64 bits as hex without leading zeros, made by the member of its peer URLs and the token. */
  readonly memberId: string;
  /** `name=url`, several URLs as `name=url1,name=url2`. */
  readonly advert: string;
}

interface KnownToken {
  /** Voting members of the cluster to be, 1 or more. */
  readonly size: number;
  /** Creation or the last change of slots, milliseconds since 1970. */
  readonly usedAt: number;
  /** Unused for this long before it has formed, it expires. */
  readonly unusedMs: number;
}

interface UsedToken extends KnownToken {
  readonly protocol: DiscoveryProtocol;
  /** In the order of registration; as many as `size` once formed. */
  readonly slots: readonly Slot[];
}

/** `formed` is for good: etcd members may have started since, so no slot is ever freed or taken over again. */
export type TokenState =
  | ({ readonly kind: 'created' } & KnownToken)
  | ({ readonly kind: 'forming' } & UsedToken)
  /** `late` registered when the slots were all taken: they have none, and their etcd says "cluster is full". */
  | ({ readonly kind: 'formed'; readonly late: readonly Slot[] } & UsedToken)
  | { readonly kind: 'expired' };

export type TokenEvent =
  | { readonly kind: 'register'; readonly protocol: DiscoveryProtocol; readonly slot: Slot }
  /** The operator's wish. */
  | { readonly kind: 'free'; readonly memberId: string }
  /** Somebody waits for it to be full. */
  | { readonly kind: 'renew' }
  /** Time has passed. */
  | { readonly kind: 'look' };

export type TokenRefusal =
  | 'unknown'
  /** The member has a slot already. */
  | 'taken'
  /** Another member has its name or one of its peer URLs. */
  | 'clash'
  | 'other-protocol'
  | 'full'
  | 'formed'
  | 'no-such-slot'
  /** Members that wait by protocol v3 keep a freed slot in mind and cannot be told. */
  | 'cannot-tell';

export type TokenAction =
  | { readonly kind: 'take-slot'; readonly slot: Slot }
  /** It was taken with the very same words before: the answer is repeated and nothing written. */
  | { readonly kind: 'keep-slot'; readonly slot: Slot }
  | { readonly kind: 'free-slot'; readonly memberId: string }
  /** Its end is put off. */
  | { readonly kind: 'renew' }
  /** All that is known of the token goes, in one step. */
  | { readonly kind: 'forget' }
  | { readonly kind: 'refuse'; readonly why: TokenRefusal };

export interface TokenStep {
  readonly state: TokenState;
  readonly actions: readonly TokenAction[];
}

/** Registrations that lost the race for the last slot are kept, as the protocol wants; but not without end. */
export const maxLate = 100;

/**
 * Decides what becomes of one token. Pure; a refused event leaves the state as it is.
 *
 * Source of what is allowed: a machine that lost its disk must never return under its old member ID, and each
 * member that waits counts every change it sees as one more peer.
 */
export function stepToken(state: TokenState, event: TokenEvent, now: number): TokenStep {
  if (state.kind === 'expired') return event.kind === 'look' ? still(state) : refuse(state, 'unknown');
  if (hasExpired(state, now)) {
    const actions: readonly TokenAction[] = [{ kind: 'forget' }];
    const expired: TokenState = { kind: 'expired' };
    return event.kind === 'look' ? { state: expired, actions } : refuse(expired, 'unknown');
  }
  switch (event.kind) {
    case 'look':
      return still(state);
    case 'register':
      return register(state, event.protocol, event.slot, now);
    case 'free':
      return free(state, event.memberId, now);
    case 'renew':
      return renew(state, now);
  }
}

/** The moment a token expires, milliseconds since 1970; `undefined` for one that has formed. */
export function findExpiry(state: TokenState): number | undefined {
  return state.kind === 'created' || state.kind === 'forming' ? state.usedAt + state.unusedMs : undefined;
}

/** The state of a token with these registrations, oldest first. */
export function foldToken(
  known: KnownToken,
  protocol: DiscoveryProtocol,
  registered: readonly Slot[],
): TokenState {
  const slots = registered.slice(0, known.size);
  if (slots.length === 0) return { kind: 'created', ...known };
  if (slots.length < known.size) return { kind: 'forming', ...known, protocol, slots };
  return { kind: 'formed', ...known, protocol, slots, late: registered.slice(known.size) };
}

type LivingToken = Exclude<TokenState, { kind: 'expired' }>;

function hasExpired(state: LivingToken, now: number): boolean {
  const at = findExpiry(state);
  return at !== undefined && now >= at;
}

function register(state: LivingToken, protocol: DiscoveryProtocol, slot: Slot, now: number): TokenStep {
  const known = { size: state.size, usedAt: now, unusedMs: state.unusedMs };
  if (state.kind === 'created') return take(known, protocol, [], slot);
  if (state.protocol !== protocol) return refuse(state, 'other-protocol');
  const registered = state.kind === 'formed' ? [...state.slots, ...state.late] : state.slots;
  const own = registered.find(({ memberId }) => memberId === slot.memberId);
  if (own !== undefined) {
    if (protocol === 'v2') return refuse(state, 'taken');
    // Its answer may have been lost. Once members may run, the same words come from a wiped machine as well.
    if (state.kind === 'forming' && own.advert === slot.advert)
      return still(state, { kind: 'keep-slot', slot: own });
    return refuse(state, state.kind === 'formed' ? 'formed' : 'taken');
  }
  if (state.kind === 'formed') {
    if (state.late.length >= maxLate) return refuse(state, 'full');
  } else if (registered.some((other) => clashes(other, slot))) return refuse(state, 'clash');
  return take(known, protocol, registered, slot);
}

function take(
  known: KnownToken,
  protocol: DiscoveryProtocol,
  registered: readonly Slot[],
  slot: Slot,
): TokenStep {
  const state = foldToken(known, protocol, [...registered, slot]);
  return { state, actions: [{ kind: 'take-slot', slot }] };
}

/** Its last use is kept to within a hundredth of the time a token may be unused. */
export function isFresh({ usedAt, unusedMs }: Pick<KnownToken, 'usedAt' | 'unusedMs'>, now: number): boolean {
  return now - usedAt < unusedMs / 100;
}

function renew(state: LivingToken, now: number): TokenStep {
  if (state.kind === 'formed' || isFresh(state, now)) return still(state);
  return { state: { ...state, usedAt: now }, actions: [{ kind: 'renew' }] };
}

function free(state: LivingToken, memberId: string, now: number): TokenStep {
  if (state.kind === 'formed') return refuse(state, 'formed');
  const slots = state.kind === 'created' ? [] : state.slots;
  const kept = slots.filter((slot) => slot.memberId !== memberId);
  if (state.kind === 'created' || kept.length === slots.length) return refuse(state, 'no-such-slot');
  if (state.protocol === 'v3' && kept.length > 0) return refuse(state, 'cannot-tell');
  const known = { size: state.size, usedAt: now, unusedMs: state.unusedMs };
  return { state: foldToken(known, state.protocol, kept), actions: [{ kind: 'free-slot', memberId }] };
}

/** Members of one cluster with one name, or at one address, would end each other's start. */
function clashes(left: Slot, right: Slot): boolean {
  const [one, other] = [partsOf(left), partsOf(right)];
  return one.some(([name, url]) =>
    other.some(([otherName, otherUrl]) => name === otherName || url === otherUrl),
  );
}

function partsOf({ advert }: Slot): readonly (readonly [name: string, url: string])[] {
  return advert.split(',').map((part) => {
    const at = part.indexOf('=');
    return [part.slice(0, at), part.slice(at + 1)];
  });
}

function still(state: TokenState, ...actions: readonly TokenAction[]): TokenStep {
  return { state, actions };
}

function refuse(state: TokenState, why: TokenRefusal): TokenStep {
  return { state, actions: [{ kind: 'refuse', why }] };
}
