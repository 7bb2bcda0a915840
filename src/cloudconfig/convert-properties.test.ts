// SPDX-License-Identifier: Apache-2.0

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type CloudConfig, emptyCloudConfig, unitCommands } from './cloud-config.js';
import { type ConvertOptions, convertUserData } from './convert-user-data.js';
import { parseIgnition } from './ignition/parse-ignition.js';
import { ignitionVariants } from './ignition/piece.js';
import { renderUserData } from './render-user-data.js';

const word = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}[a-z0-9]$/);
const line = fc.stringMatching(/^[ -~]{0,20}$/);
const isSet = fc.constantFrom(undefined, true, false);

const file = fc.record({
  path: fc.array(word, { minLength: 1, maxLength: 3 }).map((names) => `/etc/${names.join('/')}.txt`),
  content: fc.array(line, { maxLength: 4 }).map((lines) => lines.join('\n')),
  encoding: fc.constant('utf8' as const),
  owner: fc.constantFrom('', 'core', 'core:wheel', '500:500'),
  mode: fc.integer({ min: 0, max: 0o777 }),
});

const unitText = fc.constantFrom(
  '',
  '[Service]\nExecStart=/bin/true\n',
  '[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n',
  '[Service]\nExecStart=/bin/echo $private_ipv4\n[Install]\nRequiredBy=other.service\n',
);

const unit = fc.record({
  name: fc.oneof(
    word.map((name) => `${name}.service`),
    fc.constantFrom(
      'etcd2.service',
      'fleet.service',
      'docker.service',
      'a@1.service',
      'x.timer',
      'x.network',
    ),
  ),
  content: unitText,
  dropIns: fc.uniqueArray(fc.record({ name: word.map((name) => `${name}.conf`), content: unitText }), {
    maxLength: 2,
    selector: ({ name }) => name,
  }),
  command: fc.constantFrom(undefined, ...unitCommands),
  isEnabled: isSet,
  isMasked: isSet,
  isRuntime: isSet,
});

const cloudConfig: fc.Arbitrary<CloudConfig> = fc
  .record({
    hostname: fc.oneof(fc.constant(''), word),
    sshAuthorizedKeys: fc.array(
      word.map((name) => `ssh-ed25519 AAAA ${name}`),
      { maxLength: 2 },
    ),
    writeFiles: fc.uniqueArray(file, { maxLength: 3, selector: ({ path }) => path }),
    units: fc.uniqueArray(unit, { maxLength: 4, selector: ({ name }) => name }),
    etcd2: fc.record(
      { name: word, debug: fc.boolean(), election_timeout: fc.nat(5000), initial_cluster: line },
      { requiredKeys: [] },
    ),
    fleet: fc.record(
      { metadata: word, engine_reconcile_interval: fc.constantFrom(2, 2.5) },
      { requiredKeys: [] },
    ),
  })
  .map((parts) => ({ ...emptyCloudConfig, ...parts }));

/** Paths and unit texts that must be found again. */
function writtenTexts(config: CloudConfig): readonly string[] {
  const units = config.units.filter(({ name }) => !name.endsWith('.network'));
  const texts = units.flatMap(({ content, isMasked, dropIns }) => [
    ...(isMasked ? [] : [content]),
    ...dropIns.map((file) => file.content),
  ]);
  return [...config.writeFiles.map(({ path }) => path), ...texts.filter((text) => text !== '')];
}

const choices = fc.record({
  to: fc.constant('ignition' as const),
  variant: fc.constantFrom(...ignitionVariants),
});

function convert(text: string, options: ConvertOptions): string {
  const made = convertUserData(text, options);
  if (made.kind === 'bad') throw new Error(JSON.stringify(made.issues));
  return made.text;
}

/** Ignition's units have no order: back in a cloud-config, what stops a unit stands where the unit does. */
function unitsByName(text: string): unknown {
  const config = JSON.parse(text) as { readonly systemd?: { readonly units: readonly { name: string }[] } };
  const units = config.systemd?.units.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return { ...config, systemd: { units } };
}

test('what is converted to Ignition is an Ignition config, and stays the same there and back', () => {
  fc.assert(
    fc.property(cloudConfig, choices, (config, options) => {
      const made = convert(renderUserData(config), options);
      expect(parseIgnition(made)).toMatchObject({ kind: 'ok' });
      for (const text of writtenTexts(config)) expect(made).toContain(JSON.stringify(text));
      const back = convert(made, { ...options, to: 'cloud-config' });
      expect(unitsByName(convert(back, options))).toEqual(unitsByName(made));
    }),
    { numRuns: 200 },
  );
});

test('cloud-config written anew stays the same when it is written anew', () => {
  fc.assert(
    fc.property(cloudConfig, (config) => {
      const options: ConvertOptions = { to: 'cloud-config', variant: 'flatcar' };
      const once = convert(renderUserData(config), options);
      expect(convert(once, options)).toBe(once);
    }),
  );
});

test('any text is converted or refused, never an error', () => {
  const text = fc.oneof(
    fc.string(),
    fc.string().map((rest) => `#cloud-config\n${rest}`),
    fc.json(),
  );
  fc.assert(
    fc.property(text, fc.constantFrom('ignition', 'butane', 'cloud-config' as const), (text, to) => {
      const made = convertUserData(text, { to, variant: 'flatcar' });
      return made.kind === 'ok' || made.issues.some(({ severity }) => severity === 'error');
    }),
  );
});
