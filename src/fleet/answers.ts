// SPDX-License-Identifier: Apache-2.0

/** As Go's `omitempty`: nothing that is empty is told, so that an empty cluster answers `{}`. */
export type Json = Readonly<Record<string, unknown>>;

const headers = { 'content-type': 'application/json', server: 'fleetd/1.0.0' };

export function jsonAnswer(status: number, body: Json): Response {
  const told = Object.entries(body).filter(([, value]) => !isEmpty(value));
  return new Response(JSON.stringify(Object.fromEntries(told)), { status, headers });
}

export function emptyAnswer(status: 201 | 204): Response {
  return new Response(null, { status, headers: { server: headers.server } });
}

/** Source: coreos/fleet api/serialization.go */
export function errorAnswer(code: number, message = ''): Response {
  return new Response(JSON.stringify({ error: { code, message } }), { status: code, headers });
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === '') return true;
  return Array.isArray(value) && value.length === 0;
}
