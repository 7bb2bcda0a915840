// SPDX-License-Identifier: Apache-2.0

import { afterEach, describe, expect, test } from 'vitest';
import { silentLog } from '../effects/index.js';
import { manualClock } from '../effects/testing.js';
import { keyOf } from '../etcd/index.js';
import { type MemoryKv, memoryKv } from '../etcd/testing.js';
import { machineId } from '../model/index.js';
import { openRegistry } from '../registry/index.js';
import { fleetHandler } from './fleet-handler.js';

const opened: MemoryKv[] = [];
const options = [
  { section: 'Unit', name: 'Description', value: 'a' },
  { section: 'Service', name: 'ExecStart', value: '/bin/sh -c \\\n  true' },
];
const id = machineId('e73c8f105d0b49daa1702e3e42565862');

afterEach(() => {
  for (const kv of opened.splice(0)) kv.close();
});

function openFace(mayWrite = true) {
  const clock = manualClock();
  const kv = memoryKv({ clock });
  opened.push(kv);
  const { units } = openRegistry({ kv, clock, log: silentLog });
  const handler = fleetHandler({ units, clock, log: silentLog, mayWrite: () => mayWrite });
  const ask = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const answer = await handler(
      new Request(`http://x/fleet/v1/${path}`, {
        method,
        ...(body === undefined ? {} : { body: text }),
        headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      }),
    );
    const said = await answer.text();
    return [answer.status, said === '' ? '' : (JSON.parse(said) as unknown)] as const;
  };
  const put = (key: string, value: string) => kv.put({ key: keyOf(key), value: keyOf(value) });
  return {
    kv,
    units,
    clock,
    ask,
    put,
    fleet: (key: string, value: string) => put(`/_coreos.com/fleet/${key}`, value),
  };
}

const error = (code: number, message: unknown = expect.any(String)) => [code, { error: { code, message } }];

test('an empty cluster answers without any list', async () => {
  const { ask } = openFace();
  for (const list of ['units', 'state', 'machines']) expect(await ask('GET', list)).toEqual([200, {}]);
});

test('a unit is made, changed, shown and destroyed', async () => {
  const { ask } = openFace();
  const path = 'units/web%40a.service?alt=json';
  expect(await ask('PUT', path, { name: 'web@a.service', options })).toEqual([201, '']);
  const shown = { name: 'web@a.service', options, desiredState: 'inactive', currentState: 'inactive' };
  expect(await ask('GET', path)).toEqual([200, shown]);
  expect(await ask('PUT', path, { desiredState: 'launched' })).toEqual([204, '']);
  expect(await ask('GET', 'units')).toEqual([200, { units: [{ ...shown, desiredState: 'launched' }] }]);
  const other = [...options, { section: 'Service', name: 'Restart', value: 'always' }];
  expect(await ask('PUT', path, { name: 'web@a.service', options: other })).toEqual([201, '']);
  // Another text alone stops nothing.
  expect(await ask('GET', path)).toEqual([200, { ...shown, options: other, desiredState: 'launched' }]);
  expect(await ask('PUT', path, { options: other, desiredState: 'loaded' })).toEqual([204, '']);
  expect(await ask('DELETE', path)).toEqual([204, '']);
  expect(await ask('DELETE', path)).toEqual(error(404));
  expect(await ask('GET', path)).toEqual(error(404, 'unit does not exist'));
});

test('a new unit may say at once what it should be', async () => {
  const { ask } = openFace();
  expect(await ask('PUT', 'units/a.service', { options, desiredState: 'loaded' })).toEqual([201, '']);
  expect(await ask('GET', 'units/a.service')).toMatchObject([200, { desiredState: 'loaded' }]);
});

test('where a unit is and how it does, of it alone and of all', async () => {
  const { ask, fleet } = openFace();
  await ask('PUT', 'units/a.service', { options, desiredState: 'launched' });
  const global = [...options, { section: 'X-Fleet', name: 'Global', value: 'true' }];
  await ask('PUT', 'units/g.service', { options: global, desiredState: 'launched' });
  await fleet('job/a.service/target', id);
  expect(await ask('GET', 'units/a.service')).toMatchObject([
    200,
    { machineID: id, currentState: 'inactive' },
  ]);
  expect(await ask('GET', 'state/a.service')).toEqual(error(404, 'unit state does not exist'));
  const state = { loadState: 'loaded', activeState: 'active', subState: 'running', unitHash: 'ab' };
  await fleet(`states/a.service/${id}`, JSON.stringify(state));
  expect(await ask('GET', 'units/a.service')).toMatchObject([200, { currentState: 'loaded' }]);
  await fleet('job/a.service/job-state', id);
  expect(await ask('GET', 'units/a.service')).toMatchObject([200, { currentState: 'launched' }]);
  const told = {
    name: 'a.service',
    hash: 'ab',
    machineID: id,
    systemdLoadState: 'loaded',
    systemdActiveState: 'active',
    systemdSubState: 'running',
  };
  expect(await ask('GET', 'state/a.service')).toEqual([200, told]);
  expect(await ask('GET', `state?unitName=a.service&machineID=${id}`)).toEqual([200, { states: [told] }]);
  expect(await ask('GET', 'state?unitName=b.service')).toEqual([200, {}]);
  expect(await ask('GET', `state?machineID=${'0'.repeat(32)}`)).toEqual([200, {}]);
  const [, shown] = await ask('GET', 'units/g.service');
  expect(shown).not.toHaveProperty('currentState');
});

test('machines with their metadata, what is set over it included', async () => {
  const { ask, fleet } = openFace();
  const metadata = { disk: 'ssd', rack: 'a' };
  await fleet(`machines/${id}/object`, JSON.stringify({ ID: id, PublicIP: '192.0.2.1', Metadata: metadata }));
  const patch = (value: unknown, op = 'replace', key = 'rack') =>
    ask('PATCH', 'machines', [{ op, path: `/${id}/metadata/${key}`, value }]);
  expect(await patch('b')).toEqual([204, '']);
  expect(await ask('GET', 'machines')).toEqual([
    200,
    { machines: [{ id, primaryIP: '192.0.2.1', metadata: { disk: 'ssd', rack: 'b' } }] },
  ]);
  expect(await patch({ value: 'c' }, 'add')).toEqual([204, '']);
  expect(await patch(undefined, 'remove', 'disk')).toEqual([204, '']);
  expect(await ask('GET', 'machines')).toMatchObject([200, { machines: [{ metadata: { rack: 'c' } }] }]);
  expect(await patch('', 'add')).toEqual(error(400, 'invalid value: add and replace require a value'));
  expect(await patch('x', 'move')).toMatchObject([400, {}]);
  expect(await patch('x', 'add', 'a/b')).toMatchObject([400, {}]);
  expect(await ask('PATCH', 'machines', [{ op: 'add', path: '/a1/metadata/k', value: 'v' }])).toMatchObject([
    400,
    {},
  ]);
});

describe('refused', () => {
  test.each([
    ['text/plain', 415],
    ['application/json; charset=utf-8', 201],
    ['application/json, application/json', 415],
    ['', 415],
  ])('Content-Type %s: %i', async (type, status) => {
    const { ask } = openFace();
    expect((await ask('PUT', 'units/a.service', { options }, { 'content-type': type }))[0]).toBe(status);
  });

  test.each([
    ['no JSON', 'a.service', '{', 400],
    ['another name', 'a.service', { name: 'b.service', options }, 400],
    ['no name of a unit', 'web.container', { options }, 400],
    ['a state that is none', 'a.service', { options, desiredState: 'bogus' }, 400],
    ['an unknown unit without options', 'a.service', { desiredState: 'launched' }, 409],
    ['a template that is to run', 'a@.service', { options, desiredState: 'launched' }, 400],
    ['options of a wrong kind', 'a.service', { options: [{ section: 1 }] }, 400],
    [
      'what cannot be together',
      'a.service',
      {
        options: [
          ...options,
          { section: 'X-Fleet', name: 'Global', value: 'true' },
          { section: 'X-Fleet', name: 'MachineOf', value: 'b.service' },
        ],
      },
      400,
    ],
    [
      'an option that smuggles in another one',
      'a.service',
      {
        options: [
          ...options,
          { section: 'Unit', name: 'Description', value: 'x\n[Service]\nExecStop=/bin/evil' },
        ],
      },
      400,
    ],
  ])('%s', async (_what, unit, body, status) => {
    const { ask } = openFace();
    expect(await ask('PUT', `units/${unit}`, body)).toEqual(error(status));
    expect(await ask('GET', 'units')).toEqual([200, {}]);
  });

  test('a unit that is there, with neither another text nor a state', async () => {
    const { ask } = openFace();
    await ask('PUT', 'units/a.service', { options });
    expect(await ask('PUT', 'units/a.service', { options })).toEqual(
      error(409, 'must provide DesiredState to update existing unit'),
    );
    expect(await ask('PUT', 'units/a.service', { desiredState: 'bogus' })).toEqual(error(400));
    expect(await ask('GET', 'units/a.service')).toMatchObject([200, { desiredState: 'inactive' }]);
  });

  test('paths and methods that are not there', async () => {
    const { ask } = openFace();
    expect(await ask('GET', '')).toEqual(error(405, ''));
    expect(await ask('GET', 'nothing')).toEqual(error(404, ''));
    expect(await ask('GET', 'units/a/b')).toEqual(error(404, ''));
    expect(await ask('GET', 'units/')).toEqual(error(404, ''));
    expect(await ask('GET', 'units/%ff')).toEqual(error(404, ''));
    expect(await ask('POST', 'units', {})).toEqual(error(405));
    expect(await ask('DELETE', 'state/a.service')).toEqual(error(405));
  });

  test('a stranger may look, and change nothing', async () => {
    const { ask, units } = openFace(false);
    expect(await ask('PUT', 'units/a.service', { options, desiredState: 'launched' })).toEqual(error(403));
    expect(await ask('PATCH', 'machines', [])).toEqual(error(403));
    await units.submit({ unit: 'b.service', text: '[Service]\n', hash: 'a'.repeat(40) });
    expect(await ask('DELETE', 'units/b.service')).toEqual(error(403));
    expect(await ask('GET', 'units')).toMatchObject([200, { units: [{ name: 'b.service' }] }]);
  });
});

describe('pages', () => {
  async function openFull() {
    const face = openFace();
    const names = Array.from({ length: 250 }, (_, index) => `u${1000 + index}.service`);
    await face.units.submitAll(
      names.map((unit) => ({ unit, text: '[Service]\nExecStart=/a\n', hash: 'b'.repeat(40) })),
    );
    return { ...face, names };
  }

  test('a walk tells each unit once, also when some go meanwhile', async () => {
    const { ask, names, units } = await openFull();
    const seen: string[] = [];
    let token = '';
    do {
      const [status, body] = await ask(
        'GET',
        `units${token && `?nextPageToken=${encodeURIComponent(token)}`}`,
      );
      expect(status).toBe(200);
      const page = body as { units: { name: string }[]; nextPageToken?: string };
      seen.push(...page.units.map(({ name }) => name));
      token = page.nextPageToken ?? '';
      await units.destroy('u1000.service');
    } while (token !== '');
    expect(seen).toEqual(names);
  });

  test('the tokens are those of the original, the first page may be asked for by one', async () => {
    const { ask } = await openFull();
    expect(await ask('GET', 'units')).toMatchObject([200, { nextPageToken: 'ZAACAA==' }]);
    expect(await ask('GET', 'units?nextPageToken=ZAABAA==')).toMatchObject([
      200,
      { nextPageToken: 'ZAACAA==' },
    ]);
    expect(await ask('GET', 'units?nextPageToken=ZAAJAA==')).toEqual([200, {}]);
  });

  test.each(['ZAAAAA==', 'ZQABAA==', 'ZAAB', '!', 'ZAABAA==&nextPageToken=ZAABAA=='])(
    '%s is refused',
    async (token) => {
      const { ask } = openFace();
      for (const list of ['units', 'state', 'machines']) {
        expect(await ask('GET', `${list}?nextPageToken=${token}`)).toEqual(error(400));
      }
    },
  );
});

test('the description of the API names each of its paths', async () => {
  const { ask } = openFace();
  const [status, body] = await ask('GET', 'discovery');
  expect(status).toBe(200);
  expect(body).toMatchObject({ id: 'fleet:v1', rootUrl: 'http://x/', basePath: '/fleet/v1/' });
  const text = JSON.stringify(body);
  for (const path of ['units/{unitName}', 'state/{unitName}', 'machines'])
    expect(text).toContain(`"${path}"`);
});
