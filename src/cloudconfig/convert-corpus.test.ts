// SPDX-License-Identifier: Apache-2.0

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { convertUserData } from './convert-user-data.js';
import { decodeDataUrl } from './ignition/data-url.js';
import { parseIgnition } from './ignition/parse-ignition.js';
import { ignitionVariants } from './ignition/piece.js';
import { planActions } from './plan-actions.js';
import { sampleFacts } from './testing.js';
import { parseUserData } from './user-data.js';

const folder = join(import.meta.dirname, '../../test/corpus');

/** As a machine would read it; what does not unpack stays as it is. */
function readText(name: string): string {
  const bytes = readFileSync(join(folder, name));
  try {
    return gunzipSync(bytes, { maxOutputLength: 16 << 20 }).toString();
  } catch {
    return bytes.toString();
  }
}

/** What a Butane file says, in the words of Ignition: keys in camel case, contents as bytes. */
function meaningOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(meaningOf);
  if (typeof value !== 'object' || value === null) return value;
  const { inline, source, ...rest } = Object.fromEntries(Object.entries(value));
  const bytes = typeof inline === 'string' ? Buffer.from(inline) : decodeDataUrl(String(source ?? ''));
  const entries = Object.entries(rest).map(([key, inner]) => [camelCase(key), meaningOf(inner)]);
  const content = bytes === undefined ? source : Buffer.from(bytes).toString('base64');
  return { ...Object.fromEntries(entries), ...(content !== undefined && { content }) };
}

/** Every key of a mapping and of those below it. */
function keysOf(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  const own = Array.isArray(value) ? [] : Object.keys(value);
  return [...own, ...Object.values(value).flatMap(keysOf)];
}

function camelCase(key: string): string {
  return key.replace('_mib', 'MiB').replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

describe.each(readdirSync(folder))('%s', (name) => {
  const text = readText(name);

  test.each(ignitionVariants)(
    'for %s: Ignition takes it, Butane says the same, losses are told',
    (variant) => {
      const made = convertUserData(text, { to: 'ignition', variant });
      const butane = convertUserData(text, { to: 'butane', variant });
      expect(butane.kind).toBe(made.kind);
      if (made.kind === 'bad' || butane.kind === 'bad') {
        expect(made.issues.some(({ severity }) => severity === 'error')).toBe(true);
        return;
      }
      expect(parseIgnition(made.text).kind).toBe('ok');
      const { variant: system, version: _, ...said } = parse(butane.text, { version: '1.1' });
      const { ignition, ...meant } = JSON.parse(made.text);
      expect(system).toBe(variant);
      expect(keysOf(said).filter((key) => /[A-Z]/.test(key))).toEqual([]);
      expect(meaningOf(said.ignition ?? {})).toEqual(meaningOf({ ...ignition, version: undefined }));
      expect({ ...Object(meaningOf(said)), ignition: 0 }).toEqual({
        ...Object(meaningOf(meant)),
        ignition: 0,
      });
      const parsed = parseUserData(text);
      const planned = parsed.kind === 'cloud-config' ? planActions(parsed.config, sampleFacts) : [];
      const isLossy = planned.some(
        (action) =>
          action.kind === 'import-keys' ||
          (action.kind === 'write-file' && /^\/(usr\/lib|proc|sys)\//.test(action.path)),
      );
      const hasUnknown = parsed.kind === 'cloud-config' && Object.keys(parsed.config.rest).length > 0;
      if (isLossy || hasUnknown) expect(made.issues.some(({ severity }) => severity === 'error')).toBe(true);
    },
  );

  test('to cloud-config: what is read of it again plans the same', () => {
    const made = convertUserData(text, { to: 'cloud-config', variant: 'flatcar' });
    if (made.kind === 'bad') return;
    const [before, after] = [parseUserData(text), parseUserData(made.text)];
    if (before.kind !== 'cloud-config' || after.kind !== 'cloud-config') return;
    expect(planActions(after.config, sampleFacts)).toEqual(planActions(before.config, sampleFacts));
  });
});
