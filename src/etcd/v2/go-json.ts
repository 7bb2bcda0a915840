// SPDX-License-Identifier: Apache-2.0

import type { V2Event, V2Node } from './node.js';

const short: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
};

/** A JSON string as Go's encoder writes it: what HTML or JavaScript could take for markup is escaped too. */
export function renderText(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must be escaped
  const escaped = text.replace(/[\u0000-\u001f"\\<>&\u2028\u2029]/g, (char) => short[char] ?? escapeOf(char));
  return `"${escaped}"`;
}

function escapeOf(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** RFC 3339 in UTC; as Go does it, without zeros at the end of the fraction. */
export function renderTime(ms: number): string {
  const text = new Date(ms).toISOString();
  return text.replace(/\.?0*Z$/, 'Z');
}

/** Whole seconds left at `now`, rounded up; 0 from the end on. */
export function secondsLeft(expiresAt: number, now: number): number {
  return Math.max(0, Math.ceil((expiresAt - now) / 1_000));
}

/** Fields in etcd's order; those that are empty or zero are left out. */
export function renderNode(node: V2Node, now: number): string {
  const ttl = node.expiresAt === undefined ? 0 : secondsLeft(node.expiresAt, now);
  const nodes = node.nodes ?? [];
  const fields = [
    node.key === '/' ? '' : `"key":${renderText(node.key)}`,
    node.value === undefined ? '' : `"value":${renderText(node.value)}`,
    node.isDirectory ? '"dir":true' : '',
    node.expiresAt === undefined ? '' : `"expiration":"${renderTime(node.expiresAt)}"`,
    ttl === 0 ? '' : `"ttl":${ttl}`,
    nodes.length === 0 ? '' : `"nodes":[${nodes.map((one) => renderNode(one, now)).join(',')}]`,
    node.modifiedIndex === 0 ? '' : `"modifiedIndex":${node.modifiedIndex}`,
    node.createdIndex === 0 ? '' : `"createdIndex":${node.createdIndex}`,
  ];
  return `{${fields.filter((field) => field !== '').join(',')}}`;
}

/** Without the line end. Seconds to live are those at `event.at`. */
export function renderEvent(event: V2Event): string {
  const node = renderNode(event.node, event.at);
  const prev = event.prevNode === undefined ? '' : `,"prevNode":${renderNode(event.prevNode, event.at)}`;
  return `{"action":"${event.action}","node":${node}${prev}}`;
}
