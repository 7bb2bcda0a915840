// SPDX-License-Identifier: Apache-2.0

/** A difference that is meant: a place in an answer, and why. The fuzz looks past these, and past nothing else. */
export const knownPlaces: readonly { readonly place: RegExp; readonly reason: string }[] = [];
