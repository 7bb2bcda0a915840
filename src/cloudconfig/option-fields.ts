// SPDX-License-Identifier: Apache-2.0

import { z } from 'zod';
import { quoteValue, told } from '../spec/index.js';
import type { SectionOption } from './option-section.js';
import { findPlaceholder, substituteSamples } from './substitute.js';

/** What an option is beside its type. */
type OptionNames = Pick<SectionOption, 'variable' | 'deprecated'>;

/** Text of any kind, on one line. */
export function textOption(key: string, names: OptionNames = {}): SectionOption {
  const field = z
    .string()
    .regex(/^[^\p{Cc}]*$/u, { error: ({ input }) => `${quoteValue(input)} is not one line of text` });
  return { key, field: told(field, `Option ${key}.`, 'write one line of text'), ...names };
}

/** A whole number of at least 0. */
export function countOption(key: string, names: OptionNames = {}): SectionOption {
  const error = ({ input }: { readonly input?: unknown }) => `${quoteValue(input)} is not a whole number`;
  const field = z.int({ error }).min(0, { error });
  return { key, field: told(field, `Option ${key}.`, 'write digits without quotes'), ...names };
}

/** A number of seconds, also with a fraction. */
export function secondsOption(key: string): SectionOption {
  const error = ({ input }: { readonly input?: unknown }) =>
    `${quoteValue(input)} is not a number of seconds`;
  const field = z.number({ error }).min(0, { error });
  return { key, field: told(field, `Option ${key}.`, 'write seconds without quotes, for example 2.5') };
}

export function switchOption(key: string): SectionOption {
  return { key, field: told(z.boolean(), `Option ${key}.`, 'write true or false, without quotes') };
}

/** One of a few words. */
export function choiceOption(key: string, choices: readonly [string, ...string[]]): SectionOption {
  const list = choices.join(', ');
  const error = ({ input }: { readonly input?: unknown }) => `${quoteValue(input)} is none of ${list}`;
  const hint = `write ${list.replace(/, ([^,]*)$/, ' or $1')}`;
  return { key, field: told(z.enum(['', ...choices], { error }), `Option ${key}.`, hint, [choices[0]]) };
}

/** Text that must match, once what stands for addresses is filled in. */
export function patternOption(
  key: string,
  { pattern, noun, hint, variable }: { pattern: RegExp; noun: string; hint: string; variable?: string },
): SectionOption {
  const field = z.string().superRefine((text, context) => {
    if (text !== '' && findPlaceholder(text) === undefined && !pattern.test(substituteSamples(text)))
      context.addIssue({ code: 'custom', message: `${quoteValue(text)} is not ${noun}` });
  });
  return { key, field: told(field, `Option ${key}.`, hint), ...(variable !== undefined && { variable }) };
}

/** URLs with commas between, as etcd takes them: scheme, host and port, nothing else. */
export function urlsOption(key: string, { isListener }: { readonly isListener: boolean }): SectionOption {
  const field = z.string().superRefine((text, context) => {
    for (const url of text === '' ? [] : text.split(','))
      if (!isEtcdUrl(url.trim(), { isListener }))
        context.addIssue({ code: 'custom', message: `${quoteValue(url.trim())} is not a URL of etcd` });
  });
  const example = isListener ? 'http://0.0.0.0:2379' : 'http://$private_ipv4:2379';
  const hint = `write http or https, a host and a port, for example ${example}`;
  return { key, field: told(field, `Option ${key}: URLs, with commas between.`, hint, [example]) };
}

/** Whether etcd takes this as a URL. Source: etcd 2.3, pkg/types/urls.go. A URL with placeholders is told of elsewhere. */
export function isEtcdUrl(text: string, { isListener }: { readonly isListener: boolean }): boolean {
  if (findPlaceholder(text) !== undefined) return true;
  const url = substituteSamples(text);
  if (/^unixs?:\/\/[^\s]+$/.test(url)) return true;
  const parts = /^https?:\/\/(\[[0-9a-fA-F:.]+\]|[^/:?#@\s[\]]*):([0-9]{1,5})$/.exec(url);
  if (parts === null || Number(parts[2]) > 65535) return false;
  return isListener || parts[1] !== '';
}
