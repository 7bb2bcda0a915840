// SPDX-License-Identifier: Apache-2.0

import { type Refusal, refused } from './failure.js';
import type { Form } from './form.js';

/** One request to the keys, checked. */
export interface KeyRequest {
  /** Clean; `/` for the root. */
  readonly path: string;
  readonly value: string;
  readonly isDirectory: boolean;
  readonly isRecursive: boolean;
  readonly isSorted: boolean;
  readonly isWait: boolean;
  readonly isStream: boolean;
  /** 0: from now on. */
  readonly waitIndex: number;
  readonly prevExist: boolean | undefined;
  /** Empty: not given. */
  readonly prevValue: string;
  /** 0: not given. */
  readonly prevIndex: number;
  /** `undefined`: for ever. */
  readonly ttlSeconds: number | undefined;
  readonly isRefresh: boolean;
  readonly isBrief: boolean;
}

/** What Go's strconv.ParseBool takes. */
const booleans: ReadonlyMap<string, boolean> = new Map(
  [
    ['1', 't', 'T', 'TRUE', 'true', 'True'].map((text) => [text, true] as const),
    ['0', 'f', 'F', 'FALSE', 'false', 'False'].map((text) => [text, false] as const),
  ].flat(),
);

const flags = ['recursive', 'sorted', 'wait', 'dir', 'quorum', 'stream'] as const;

/** The checks and their order are etcd's. Source: etcd-io/etcd 3.4, etcdserver/api/v2http/client.go. */
export function parseKeyRequest(method: string, path: string, form: Form): KeyRequest | Refusal {
  for (const name of ['prevIndex', 'waitIndex'] as const) {
    if (!isUnsigned(form.get(name) ?? '0')) return refused(203, `invalid value for "${name}"`);
  }
  for (const name of flags) {
    if (!isBoolean(form, name)) return refused(209, `invalid value for "${name}"`);
  }
  const isOn = (name: string) => booleans.get(form.get(name) ?? '') === true;
  if (isOn('wait') && method !== 'GET') return refused(209, '"wait" can only be used with GET requests');
  if (form.get('prevValue') === '') return refused(201, '"prevValue" cannot be empty');
  if (!isBoolean(form, 'noValueOnSuccess')) return refused(209, 'invalid value for "noValueOnSuccess"');
  const ttl = form.get('ttl') ?? '';
  if (ttl !== '' && !isUnsigned(ttl)) return refused(202, 'invalid value for "ttl"');
  for (const name of ['prevExist', 'refresh'] as const) {
    if (!isBoolean(form, name)) return refused(209, `invalid value for ${name}`);
  }
  if (isOn('refresh') && (form.get('value') ?? '') !== '') {
    return refused(211, 'A value was provided on a refresh');
  }
  if (isOn('refresh') && ttl === '') return refused(212, 'No TTL value set');
  return {
    path,
    value: form.get('value') ?? '',
    isDirectory: isOn('dir'),
    isRecursive: isOn('recursive'),
    isSorted: isOn('sorted'),
    isWait: isOn('wait'),
    isStream: isOn('stream'),
    waitIndex: Number(form.get('waitIndex') ?? 0),
    prevExist: form.has('prevExist') ? isOn('prevExist') : undefined,
    prevValue: form.get('prevValue') ?? '',
    prevIndex: Number(form.get('prevIndex') ?? 0),
    ttlSeconds: ttl === '' ? undefined : Number(ttl),
    isRefresh: isOn('refresh'),
    isBrief: isOn('noValueOnSuccess'),
  };
}

function isBoolean(form: Form, name: string): boolean {
  return !form.has(name) || booleans.has(form.get(name) ?? '');
}

function isUnsigned(text: string): boolean {
  return /^\d+$/.test(text) && BigInt(text) < 2n ** 64n;
}
