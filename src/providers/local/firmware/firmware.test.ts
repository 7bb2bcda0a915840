// SPDX-License-Identifier: Apache-2.0

import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { HttpGet } from '../../../effects/index.js';
import { isMusterError } from '../../../model/index.js';
import { runFirmware } from './firmware.js';

const bootUrl = 'http://b/boot.ipxe';
const marks = { mac: '52:54:00:aa:00:01', uuid: '9b5c0d5e-2f0e-4c1a-8a3e-0f1e2d3c4b5a' };

type Page = string | number;

/**
 * Boots with pages by URL: a text, a status, or several of these, one for each time it is asked (the last one
 * stays). The clock never waits; power goes off after `maxSleeps`.
 */
async function bootWith(pages: Readonly<Record<string, Page | readonly Page[]>>, maxSleeps = 50) {
  const off = new AbortController();
  const log: string[] = [];
  const asked = new Map<string, number>();
  const httpGet: HttpGet = async (url) => {
    const times = asked.get(url) ?? 0;
    asked.set(url, times + 1);
    const known = pages[url];
    const page = Array.isArray(known) ? (known[times] ?? known.at(-1)) : known;
    if (page === undefined) throw Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
    const body = new TextEncoder().encode(typeof page === 'number' ? '' : page);
    return { status: typeof page === 'number' ? page : 200, headers: {}, body };
  };
  const slept: number[] = [];
  const clock = {
    now: () => 0,
    monotonic: () => 0,
    sleep: async (ms: number) => {
      slept.push(ms);
      if (slept.length >= maxSleeps) off.abort();
    },
  };
  const outcome = await runFirmware(
    { httpGet, clock, console: (line) => log.push(line) },
    { marks, bootUrl },
    off.signal,
  ).catch((error: unknown) => {
    if (isMusterError(error)) return error;
    throw error;
  });
  return { outcome, log, slept, asked };
}

const booted = (commandLine: string, initrds: readonly string[] = []) => ({
  kernel: 'muster-agent',
  initrds,
  commandLine,
});

async function bootScript(lines: string) {
  return (await bootWith({ [bootUrl]: `#!ipxe\n${lines}\n` })).outcome;
}

test.each([
  ['a kernel with arguments', 'kernel muster-agent a=1  b=2\nboot', booted('a=1 b=2')],
  ['variables', `set x 1\nset y \${x}2\nkernel muster-agent y=\${y}\nboot`, booted('y=12')],
  ['a variable that holds blanks', `set x a b\nkernel muster-agent \${x}\nboot`, booted('a b')],
  [
    'its own marks',
    `kernel muster-agent \${mac:hexhyp} \${net0/mac} \${uuid}\nboot`,
    booted(`52-54-00-aa-00-01 ${marks.mac} ${marks.uuid}`),
  ],
  ['options', 'kernel --name k --timeout 5 muster-agent a\nboot', booted('a')],
  [
    'initrds',
    'kernel muster-agent\ninitrd --name main i.img\ninitrd http://x/j\nboot',
    booted('', ['http://b/i.img', 'http://x/j']),
  ],
  ['imgfree', 'initrd i\nkernel muster-agent a\nimgfree\nkernel muster-agent b\nboot', booted('b')],
  ['goto forward', 'goto there\nexit 1\n:there\nkernel muster-agent\nboot', booted('')],
  ['what was not set', `isset \${x} || set x no\nkernel muster-agent \${x}\nboot`, booted('no')],
  [
    'what was cleared',
    `set x 1\nclear x\nisset \${x} && set y yes || set y no\nkernel muster-agent \${y}\nboot`,
    booted('no'),
  ],
  ['equality', `iseq \${mac} ${marks.mac} && kernel muster-agent same ||\nboot`, booted('same')],
  ['an alternative', 'nonsense || kernel muster-agent ; boot', booted('')],
  ['a label with a command on its line', 'goto go\n:go kernel muster-agent a\nboot', booted('a')],
  ['a network that is there already', 'dhcp\nifopen net0\nkernel muster-agent\nboot', booted('')],
])('a script with %s boots', async (_what, lines, kernel) => {
  expect(await bootScript(lines)).toEqual(kernel);
});

test.each([
  ['no script', undefined, 'providers/script-failed', 'is no iPXE script'],
  [
    'an unknown command',
    'menu',
    'providers/script-failed',
    'http://b/boot.ipxe line 2: "menu" is no command',
  ],
  ['no kernel', 'boot', 'providers/script-failed', 'no kernel to boot'],
  ['an end', 'echo x', 'providers/script-ended', 'without booting'],
  ['an exit', 'exit', 'providers/script-ended', 'without booting'],
  ['a bad exit', 'exit 1', 'providers/script-failed', 'it said "exit"'],
  ['no such label', 'goto nowhere', 'providers/script-failed', 'no label ":nowhere"'],
  ['another kernel', 'kernel http://h/vmlinuz a', 'providers/unfit-kernel', '"http://h/vmlinuz"'],
  ['another kernel and a fallback', 'kernel vmlinuz || goto x', 'providers/unfit-kernel', 'muster-agent'],
  ['a circle', ':a\ngoto a', 'providers/script-loops', 'in circles at line 3'],
  ['a circle of no sleep', ':a\nsleep 0\ngoto a', 'providers/script-loops', 'sleep'],
  ['two circles', ':a\niseq a b || goto b\n:b\ngoto a', 'providers/script-loops', 'line'],
  ['a sleep of no number', 'sleep x', 'providers/script-failed', 'no number of seconds'],
  ['a URL of another kind', 'chain tftp://h/x', 'providers/script-failed', 'no URL of a script'],
  ['an option nobody knows', 'kernel --magic muster-agent', 'providers/script-failed', 'option'],
  [
    'too many initrds',
    `kernel muster-agent\n${'initrd i\n'.repeat(65)}boot`,
    'providers/script-failed',
    '64 initrds',
  ],
  [
    'a growing variable',
    `set a xxxxxxxx\n:a\nset a \${a}\${a}\ngoto a`,
    'providers/script-failed',
    'longer than',
  ],
])('a script with %s is an error', async (_what, lines, code, words) => {
  const { outcome } = await bootWith({ [bootUrl]: lines === undefined ? '<html>' : `#!ipxe\n${lines}\n` });
  expect(outcome).toMatchObject({ code });
  expect(
    outcome instanceof Error ? `${outcome.message} ${'next' in outcome ? outcome.next : ''}` : '',
  ).toContain(words);
});

test('chain runs another script and goes on; --replace does not', async () => {
  const pages = {
    [bootUrl]: `#!ipxe\nset n 1\nchain one\nkernel muster-agent n=\${n}\nchain --replace --autofree two\nset n lost`,
    'http://b/one': `#!ipxe\nset n \${n}2\nexit`,
    'http://b/two': '#!ipxe\nboot',
  };
  expect((await bootWith(pages)).outcome).toEqual(booted('n=12'));
});

test('labels and ends are those of the script that runs', async () => {
  const pages = {
    [bootUrl]: '#!ipxe\nchain one || goto here\n:there\nexit 1\n:here\nkernel muster-agent\nboot',
    'http://b/one': '#!ipxe\ngoto there',
  };
  expect((await bootWith(pages)).outcome).toEqual(booted(''));
});

test('scripts that wait for each other without end are an error', async () => {
  const { outcome } = await bootWith({ [bootUrl]: '#!ipxe\nchain boot.ipxe' });
  expect(outcome).toMatchObject({ code: 'providers/script-failed' });
});

test('a missing script fails the command that asked for it', async () => {
  const { outcome, log } = await bootWith({
    [bootUrl]: '#!ipxe\nchain gone || echo so what\nkernel muster-agent\nboot',
    'http://b/gone': 404,
  });
  expect(outcome).toEqual(booted(''));
  expect(log).toEqual(['http://b/boot.ipxe... ok', 'http://b/gone... the server answered 404', 'so what']);
});

test('it waits for a boot server that is away, longer each time', async () => {
  const pages = { [bootUrl]: [500, 404, '#!ipxe\nchain away', '#!ipxe\nkernel muster-agent\nboot'] };
  const { outcome, slept, log } = await bootWith(pages);
  expect(outcome).toEqual(booted(''));
  expect(slept).toEqual([1000, 2000, 3000]);
  expect(log).toContain('http://b/away... connection refused');
});

test('a script that waits on its own goes on for as long as the power is on', async () => {
  const { outcome, slept } = await bootWith({ [bootUrl]: '#!ipxe\n:a\nsleep 5\nchain away || goto a' }, 500);
  expect(outcome).toMatchObject({ code: 'providers/firmware-stopped' });
  expect(new Set(slept)).toEqual(new Set([5000]));
});

test('a script that fetches in a circle is slowed down', async () => {
  const { asked, slept } = await bootWith({ [bootUrl]: '#!ipxe\nchain --replace boot.ipxe' }, 10);
  expect(slept).toEqual(Array.from({ length: 10 }, () => 1000));
  expect(asked.get(bootUrl)).toBeLessThan(40);
});

test('nothing steers the terminal that shows the console', async () => {
  const { log } = await bootWith({ [bootUrl]: '#!ipxe\necho \u001b[2Jx\u0007 y\u009b\nexit' });
  expect(log.at(-1)).toBe('?[2Jx? y?');
});

test('the article’s own script names a kernel that a local machine cannot run', async () => {
  const article = [
    '#!ipxe',
    '',
    'set base-url http://stable.release.core-os.net/amd64-usr/current',
    'set cloud-config http://<endpoint>',
    '',
    `kernel \${base-url}/coreos_production_pxe.vmlinuz cloud-config-url=\${cloud-config}`,
    `initrd \${base-url}/coreos_production_pxe_image.cpio.gz`,
    'boot',
    '',
  ].join('\n');
  expect((await bootWith({ [bootUrl]: article })).outcome).toMatchObject({
    code: 'providers/unfit-kernel',
    details: { kernel: 'http://stable.release.core-os.net/amd64-usr/current/coreos_production_pxe.vmlinuz' },
  });
  const local = article.replace(`\${base-url}/coreos_production_pxe.vmlinuz`, 'muster-agent');
  expect((await bootWith({ [bootUrl]: local })).outcome).toEqual(
    booted('cloud-config-url=http://<endpoint>', [
      'http://stable.release.core-os.net/amd64-usr/current/coreos_production_pxe_image.cpio.gz',
    ]),
  );
});

test('any script ends in a kernel or a MusterError', async () => {
  const word = fc.constantFrom(
    ...[
      'set',
      'clear',
      'isset',
      'iseq',
      'goto',
      'exit',
      'kernel',
      'initrd',
      'imgfree',
      'echo',
      'sleep',
      'chain',
    ],
    ...[
      'boot',
      'muster-agent',
      '||',
      '&&',
      ';',
      '#',
      ':a',
      ':b',
      'a',
      'b',
      '0',
      '1',
      '--replace',
      '--name',
      '-n',
    ],
    ...[
      'boot.ipxe',
      'http://b/boot.ipxe',
      'http://away/',
      `\${a}`,
      `\${b:hexhyp}`,
      `\${a}\${a}`,
      '\\',
      '\n',
      '\n',
      '\n',
    ],
  );
  const script = fc.oneof(
    { weight: 8, arbitrary: fc.array(word, { maxLength: 40 }).map((words) => words.join(' ')) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 200 }) },
  );
  await fc.assert(
    fc.asyncProperty(script, async (lines) => {
      const { outcome } = await bootWith({ [bootUrl]: `#!ipxe\n${lines}` });
      if (outcome instanceof Error) expect(outcome.name).toBe('MusterError');
      else expect(outcome.kernel).toBe('muster-agent');
    }),
    { numRuns: 150 },
  );
});
