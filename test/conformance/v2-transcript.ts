// SPDX-License-Identifier: Apache-2.0

import * as http from 'node:http';

interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Promise<string>;
  readonly lines: (count: number) => Promise<string>;
}

/** One request whose path is sent as it is; `fetch` would clean it. Resolves with the head. */
function send(base: string, method: string, target: string, form = ''): Promise<Answer> {
  const { hostname, port } = new URL(base);
  const type = { 'content-type': 'application/x-www-form-urlencoded' };
  const length = { 'content-length': Buffer.byteLength(form) };
  const headers = form === '' ? length : { ...type, ...length };
  return new Promise((resolve, reject) => {
    const request = http.request({ hostname, port, method, path: target, headers, agent: false });
    request.on('error', reject);
    request.on('response', (response) => {
      response.setEncoding('utf8');
      let text = '';
      const body = new Promise<string>((done) => {
        response.on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('close', () => done(text));
      });
      const lines = async (count: number) => {
        while (text.split('\n').length <= count && !response.closed) {
          await new Promise<void>((next) => {
            response.once('data', () => next());
            response.once('close', () => next());
          });
        }
        request.destroy();
        return text;
      };
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body, lines });
    });
    request.end(form);
  });
}

const shownHeaders = ['content-type', 'location', 'allow', 'x-content-type-options'] as const;

/** Indexes relative to where a script began, so that stores with other histories tell the same. */
function relative(text: string, base: number): string {
  const show = (digits: string) => {
    const index = Number(digits);
    if (index > 0 && index > base - 100 && index < base) return `-${base - index}`;
    return index >= base && index < base + 2_000 ? `+${index - base}` : digits;
  };
  return text
    .replace(/"(modifiedIndex|createdIndex|index)":(\d+)/g, (_all, name, index) => `"${name}":${show(index)}`)
    .replace(/"expiration":"[^"]+Z"/g, '"expiration":"…"')
    .replace(/(?<=!= |\[)\d+(?=\]| !=|\/)/g, show)
    .replace(/(?<=\/)\d{20}/g, (name) => `<${show(name)}>`);
}

function render(answer: Answer, body: string, base: number): string {
  const { headers, status } = answer;
  const index = headers['x-etcd-index'];
  const parts = [
    String(status),
    index === undefined ? '' : `index=${relative(`"index":${index}`, base).slice(8)}`,
    headers['x-raft-index'] === undefined ? '' : 'raft',
    headers['x-raft-term'] === undefined ? '' : 'term',
    headers['x-etcd-cluster-id'] === undefined ? '' : 'cluster',
    headers['access-control-allow-origin'] === '*' ? 'cors' : '',
    ...shownHeaders.map((name) => (headers[name] === undefined ? '' : `${name}=${headers[name]}`)),
  ];
  return `${parts.filter((part) => part !== '').join(' ')}\n    ${relative(body, base).replaceAll('\n', '\\n')}`;
}

/**
 * Plays a script and writes down the answers. A step is `METHOD path [form]`; `{+2}` in it is the index 2 after
 * the beginning, `{-2}` the one 2 before. `& METHOD …` only waits for the head; `told` then for the body of the oldest such request, `told 2`
 * for two lines of it.
 */
export async function transcript(base: string, steps: readonly string[]): Promise<readonly string[]> {
  const first = await send(base, 'GET', '/v2/keys/');
  await first.body;
  const start = Number(first.headers['x-etcd-index']);
  const open: Answer[] = [];
  const told: string[] = [];
  for (const step of steps) {
    const isOpen = step.startsWith('& ');
    const plain = step.replace(/^& /, '').replace(/\{([+-]\d+)\}/g, (_all, n) => String(start + Number(n)));
    const [method = '', target = '', ...form] = plain.split(' ');
    if (method === 'told') {
      const answer = open.shift();
      if (answer === undefined) throw new Error('nothing to be told');
      const body = target === '' ? await answer.body : await answer.lines(Number(target));
      told.push(`${step}\n    ${relative(body, start).replaceAll('\n', '\\n')}`);
      continue;
    }
    const answer = await send(base, method, target, form.join(' '));
    if (isOpen) open.push(answer);
    told.push(`${step}\n    ${render(answer, isOpen ? '' : await answer.body, start)}`);
  }
  return told;
}
