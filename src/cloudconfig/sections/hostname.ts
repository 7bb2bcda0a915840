// SPDX-License-Identifier: Apache-2.0

import { z } from 'zod';
import { quoteValue, told } from '../../spec/index.js';
import { checkSection, type Section } from '../section.js';
import { findPlaceholder, substituteSamples } from '../substitute.js';

const key = ['hostname'];

const schema = told(
  z
    .string()
    .trim()
    .superRefine((text, context) => {
      const message = findFault(text);
      if (message !== undefined) context.addIssue({ code: 'custom', message });
    }),
  'Name of the machine. Left out: its name in the cluster file.',
  'write letters, digits, dashes and dots, up to 64, or leave it out: the machine then has its name in the cluster file',
  ['core-01'],
);

/** `hostname`: the first thing that is set. */
export const hostname: Section = {
  key,
  schema,
  parse: (value, context) =>
    checkSection(key, value, schema, context, (text) => ({ part: { hostname: text }, problems: [] })),
  render: (config) => (config.hostname === '' ? undefined : config.hostname),
  lay: (base, over) => ({ hostname: over.hostname === '' ? base.hostname : over.hostname }),
  plan: (config, facts) => {
    const isOwn = config.hostname === '';
    const name = isOwn ? facts.hostname : config.hostname;
    const reason = isOwn ? 'facts.hostname' : 'hostname';
    return name === ''
      ? []
      : [{ phase: 'hostname', action: { kind: 'set-hostname', hostname: name, reason } }];
  },
};

/** Linux takes up to 64 characters, where DNS takes 253. */
function findFault(text: string): string | undefined {
  if (text === '') return undefined;
  const placeholder = findPlaceholder(text);
  if (placeholder !== undefined) return `the placeholder ${quoteValue(placeholder)} is not filled in`;
  const name = substituteSamples(text);
  const isName = name.split('.').every((part) => /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i.test(part));
  return isName && name.length <= 64 ? undefined : `${quoteValue(text)} is not a host name`;
}
