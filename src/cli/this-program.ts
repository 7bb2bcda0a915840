// SPDX-License-Identifier: Apache-2.0

/** How to start this very program anew. */
export function thisProgram(): readonly [string, ...string[]] {
  return [process.execPath, process.argv[1] ?? 'muster'];
}

/** The environment of a child process: ours, less what only slows its start. */
export function ownEnvironment(): Readonly<Record<string, string>> {
  const { NODE_EXTRA_CA_CERTS: _slow, ...rest } = process.env;
  return Object.fromEntries(
    Object.entries(rest).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
