// SPDX-License-Identifier: Apache-2.0

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkUnit, hashOfUnit } from './check-unit.js';
import { optionsOf, renderUnit } from './render-unit.js';
import { parseUnitFile } from './unit-file.js';

function good(text: string, name = 'web.service') {
  const checked = checkUnit(name, text);
  if (checked.kind === 'bad') throw new Error(JSON.stringify(checked.issues));
  return checked;
}

/** With the least that a unit must say. */
function fleet(lines: string, name = 'web.service') {
  return checkUnit(name, `[Service]\nExecStart=/bin/true\n[X-Fleet]\n${lines}\n`);
}

function placement(lines: string, name = 'web.service') {
  const checked = fleet(lines, name);
  if (checked.kind === 'bad') throw new Error(JSON.stringify(checked.issues));
  return checked.unit.placement;
}

function problems(lines: string, name = 'web.service'): readonly string[] {
  const checked = fleet(lines, name);
  const issues = checked.kind === 'bad' ? checked.issues : checked.warnings;
  return issues.map(({ line, severity, message }) => `${line} ${severity} ${message}`);
}

describe('canonical form', () => {
  test('comments and layout go, sections come together, continued lines stay as written', () => {
    const text = [
      '# who',
      '[Unit]',
      'Description = a  b',
      '',
      '[Service]',
      'ExecStart=/bin/sh \\',
      '  -c true',
      '[Unit]',
      'After=x.service',
    ].join('\r\n');
    const expected = [
      '[Unit]',
      'Description=a  b',
      'After=x.service',
      '',
      '[Service]',
      'ExecStart=/bin/sh \\',
      '  -c true',
      '',
    ].join('\n');
    const { unit } = good(text);
    expect(unit.text).toBe(expected);
    expect(unit.hash).toBe(hashOfUnit(expected));
    expect(good(expected).unit.hash).toBe(unit.hash);
  });

  test('SHA-1 of the text, hex', () => {
    expect(hashOfUnit('[Service]\nExecStart=/bin/true\n')).toBe('86943ac9f3754cb90f8dd38bf6da7b0cad074592');
  });

  test('a canonical text is its own canonical text', () => {
    const word = fc.stringMatching(/^[A-Za-z][A-Za-z0-9]{0,8}$/);
    const value = fc.stringMatching(/^([!-~]([ -~]{0,20}[!-[\]-~])?)?$/).filter((text) => !/\\$/.test(text));
    const option = fc.record({ section: word, name: word, value });
    fc.assert(
      fc.property(fc.array(option, { minLength: 1 }), (options) => {
        const text = renderUnit(options);
        expect(renderUnit(optionsOf(parseUnitFile(text).unit))).toBe(text);
      }),
    );
  });
});

describe('names', () => {
  test.each(['a b.service', '@x.service', '/etc/x.service', ''])('%j is refused', (name) => {
    expect(checkUnit(name, '[Service]\nExecStart=/x').kind).toBe('bad');
  });
  test('a mount cannot be a template', () => {
    expect(checkUnit('a@.mount', '[Mount]\nWhat=x')).toMatchObject({ kind: 'bad' });
  });
});

describe('[X-Fleet]', () => {
  test('nothing said is fleet’s behaviour', () => {
    expect(placement('')).toEqual({
      isGlobal: false,
      machineId: undefined,
      machineOf: [],
      metadata: [],
      conflicts: [],
      replaces: [],
      avoids: [],
      spread: [],
      replicas: undefined,
      memoryBytes: 0,
      cpus: 0,
      handover: 'stop-first',
      updateParallel: 1,
      updateHealthyMs: 5_000,
      updateTimeoutMs: 120_000,
    });
  });

  test('the first MachineID, the last Global, lists of Conflicts, quoted lists', () => {
    expect(placement('MachineID=AAAA1111\nMachineID=bbbb2222').machineId).toBe('aaaa1111');
    expect(placement('Global=false\nGlobal=YES').isGlobal).toBe(true);
    expect(placement('Global=true\nGlobal=no').isGlobal).toBe(false);
    expect(placement('Conflicts=a.service b*.service\nConflicts=c.service').conflicts).toEqual([
      'a.service',
      'b*.service',
      'c.service',
    ]);
    expect(placement('MachineMetadata="a=1" "b=2"\nMachineMetadata=a=3').metadata).toEqual([
      { key: 'a', values: ['1', '3'] },
      { key: 'b', values: ['2'] },
    ]);
    expect(placement('MachineMetadata=note="x" y').metadata).toEqual([{ key: 'note', values: ['"x" y'] }]);
  });

  test('legacy names', () => {
    const lines = 'X-ConditionMachineMetadata=a=1\nX-Conflicts=b.service\nX-ConditionMachineOf=c.service';
    expect(placement(lines)).toMatchObject({
      metadata: [{ key: 'a', values: ['1'] }],
      conflicts: ['b.service'],
      machineOf: ['c.service'],
    });
    expect(placement('X-ConditionMachineBootID=ab').machineId).toBe('ab');
  });

  test('specifiers', () => {
    expect(
      placement('MachineOf=db@%i.service\nReplaces=%p@*.service %n %N %m', 'web@7.service'),
    ).toMatchObject({
      machineOf: ['db@7.service'],
      replaces: ['web@*.service', 'web@7.service', 'web@7', '%m'],
    });
  });

  test('sizes', () => {
    expect(placement('MemoryReserve=1.5G\nCPUReserve=50%\nUpdateHealthySec=2min')).toMatchObject({
      memoryBytes: 1.5 * 2 ** 30,
      cpus: 0.5,
      updateHealthyMs: 120_000,
    });
  });

  test.each([
    ['MachineID=a\nMachineOf=b.service', '4 error MachineID cannot be together with MachineOf'],
    ['MachineID=a\nConflicts=b', '4 error MachineID cannot be together with Conflicts'],
    ['Global=true\nMachineID=a', '5 error MachineID cannot be together with Global'],
    ['MachineID=a\nReplaces=b', '4 error MachineID cannot be together with Replaces'],
    ['Global=true\nMachineOf=b.service', '4 error Global cannot be together with MachineOf'],
    ['Global=true\nReplaces=b', '4 error Global cannot be together with Replaces'],
    ['Conflicts=a\nReplaces=b', '4 error Conflicts cannot be together with Replaces'],
    ['MachineOf=b.service\nConflicts=b*', '4 error MachineOf "b.service" is excluded by Conflicts'],
    ['MachineOf=b.service\nReplaces=*', '4 error MachineOf "b.service" is excluded by Replaces'],
    ['MachineMetadata=a', '4 error MachineMetadata "a" is no key=value'],
    ['Conflicts=[', '4 error "[" is no glob'],
    ['Replicas=2', '4 error Replicas stands in a unit that is no template'],
    ['CPUReserve=many', '4 error CPUReserve cannot be "many"'],
    ['Conflict=a', '4 warning Conflict is not known and is ignored'],
  ])('%j: %s', (lines, problem) => {
    expect(problems(lines)).toEqual([problem]);
  });

  test('Global=false and MachineID go together, so do Global, metadata and conflicts', () => {
    expect(problems('Global=false\nMachineID=a')).toEqual([]);
    expect(problems('Global=true\nMachineMetadata=a=1\nConflicts=b')).toEqual([]);
  });
});

describe('quadlets', () => {
  test('a .container becomes a service that runs podman', () => {
    const text = [
      '[Unit]',
      'Description=web',
      '[Container]',
      'Image=docker.io/library/nginx:1',
      'PublishPort=80:80',
      'Environment=A=1 "B=x y"',
      'Exec=nginx -g off',
      '[Service]',
      'Restart=always',
      '[X-Fleet]',
      'Conflicts=web*.service',
    ].join('\n');
    const { unit } = good(text, 'web.container');
    expect(unit.name.full).toBe('web.service');
    expect(unit.placement.conflicts).toEqual(['web*.service']);
    expect(unit.text).toContain(
      'ExecStart=podman run --rm --replace --name systemd-web --publish=80:80 --env=A=1 --env="B=x y" docker.io/library/nginx:1 nginx -g off\n',
    );
    expect(unit.text).toContain('ExecStop=-podman stop --ignore systemd-web\n');
    expect(unit.text).toContain('Restart=always\n');
    expect(unit.text).not.toContain('[Container]');
  });

  test('what is not translated is told by line', () => {
    const checked = checkUnit('web.container', '[Container]\nImage=x\nRootfs=/x\n');
    expect(checked).toMatchObject({
      kind: 'bad',
      issues: [{ line: 3, message: 'Rootfs is not translated' }],
    });
  });
});
