// SPDX-License-Identifier: Apache-2.0

import { type Clock, type Random, randomHex } from '../effects/index.js';

/** Simple tokens: in memory only, so a restart ends them all, as in etcd. */
export interface AuthTokens {
  /** @param mark a number that stands at its end */
  assign(user: string, mark: number): string;
  /** The user it was given to; each use gives it its full time again. */
  find(token: string): string | undefined;
  forgetUser(user: string): void;
  forgetAll(): void;
}

interface Token {
  readonly user: string;
  expiresAt: number;
}

export function openAuthTokens(
  deps: { readonly clock: Clock; readonly random: Random },
  ttlSeconds: number,
): AuthTokens {
  // The oldest use first: each use moves a token to the end.
  const tokens = new Map<string, Token>();
  const dropExpired = (now: number) => {
    for (const [text, { expiresAt }] of tokens) {
      if (expiresAt > now) return;
      tokens.delete(text);
    }
  };
  return {
    assign(user, mark) {
      const now = deps.clock.monotonic();
      dropExpired(now);
      const text = `${randomHex(deps.random, 16)}.${mark}`;
      tokens.set(text, { user, expiresAt: now + ttlSeconds * 1000 });
      return text;
    },
    find(text) {
      const token = tokens.get(text);
      const now = deps.clock.monotonic();
      if (token === undefined || token.expiresAt <= now) return undefined;
      token.expiresAt = now + ttlSeconds * 1000;
      tokens.delete(text);
      tokens.set(text, token);
      return token.user;
    },
    forgetUser(user) {
      for (const [text, token] of tokens) if (token.user === user) tokens.delete(text);
    },
    forgetAll: () => tokens.clear(),
  };
}
