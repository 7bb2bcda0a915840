// SPDX-License-Identifier: Apache-2.0

import type { Handler } from '../../effects/index.js';
import { type Refusal, renderRefusal, statusOf } from './failure.js';

/** On every answer, of every path. Source: etcd-io/etcd 3.4, etcdserver/api/etcdhttp and pkg/cors. */
const corsHeaders: Readonly<Record<string, string>> = {
  'Access-Control-Allow-Methods': 'POST, GET, OPTIONS, PUT, DELETE',
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Allow-Headers': 'accept, content-type, authorization',
};

/** Adds the headers that let any page read the answers, and answers `OPTIONS` itself. */
export function withCors(handler: Handler): Handler {
  return async (request, connection) => {
    const plain = request.method === 'OPTIONS' ? new Response(null) : await handler(request, connection);
    for (const [name, value] of Object.entries(corsHeaders)) plain.headers.set(name, value);
    return plain;
  };
}

export type Headers = Readonly<Record<string, string>>;

/** `body` is JSON text; a line end is added. */
export function jsonAnswer(status: number, body: string, headers: Headers = {}): Response {
  return new Response(`${body}\n`, { status, headers: { ...headers, 'Content-Type': 'application/json' } });
}

/** A refused key request: without raft headers, and with the index of its body. */
export function refusalAnswer(refusal: Refusal, index: number, headers: Headers = {}): Response {
  const all = { ...headers, 'X-Etcd-Index': String(index) };
  return jsonAnswer(statusOf(refusal.code), renderRefusal(refusal, index), all);
}

/** As Go's http.Error. */
export function plainError(status: number, text: string, headers: Headers = {}): Response {
  const own = { 'Content-Type': 'text/plain; charset=utf-8', 'X-Content-Type-Options': 'nosniff' };
  return new Response(`${text}\n`, { status, headers: { ...headers, ...own } });
}

export function notAllowed(allowed: string | undefined, headers: Headers = {}): Response {
  const allow = allowed === undefined ? {} : { Allow: allowed };
  return plainError(405, 'Method Not Allowed', { ...headers, ...allow });
}

/** Sends a caller to the clean form of its path, as Go's mux does. */
export function movedAnswer(method: string, location: string): Response {
  const isRead = method === 'GET' || method === 'HEAD';
  const body = isRead ? `<a href="${escapeHtml(location)}">Moved Permanently</a>.\n\n` : null;
  const type: Headers = isRead ? { 'Content-Type': 'text/html; charset=utf-8' } : {};
  return new Response(body, { status: 301, headers: { ...type, Location: location } });
}

function escapeHtml(text: string): string {
  const names: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&#34;',
    "'": '&#39;',
  };
  return text.replace(/[&<>"']/g, (char) => names[char] ?? char);
}
