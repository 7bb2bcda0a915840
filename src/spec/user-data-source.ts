// SPDX-License-Identifier: Apache-2.0

/** Per-machine configuration text, as the operator named it. */
export type UserDataSource =
  /** A file, relative to the cluster file. */
  | { readonly kind: 'file'; readonly path: string }
  /** Cloud-config keys written in the cluster file itself. */
  | { readonly kind: 'inline'; readonly config: Readonly<Record<string, unknown>> };
