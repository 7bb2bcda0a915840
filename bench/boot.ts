// SPDX-License-Identifier: Apache-2.0

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { interleave, median, printTable, program, type ResultRow, time } from './measure.js';
import { type MeasuredProcess, withProcess } from './measured-process.js';

const assetBytes = 128 * 2 ** 20;
const rounds = 3;
/** Requests a second of matchbox with 50 groups: the median of three rounds, on a machine of this size. */
const matchboxPerSecond = { script: 744, userData: 680 };

/** Scripts, user-data and files of `muster boot serve` beside nginx that has the same bytes as files. */
export async function benchBoot(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'muster-bench-boot-'));
  try {
    await writeFile(join(folder, 'initrd'), Buffer.alloc(assetBytes, 'muster'));
    await writeFile(join(folder, 'vmlinuz'), Buffer.alloc(2 ** 20, 'kernel'));
    for (const machines of [10, 1_000])
      await writeFile(join(folder, `cluster-${machines}.yaml`), clusterText(machines, folder));
    const small = await measure(folder, 10);
    const large = await measure(folder, 1_000);
    printTable('Boot server: `muster boot serve`, 50 profiles, beside nginx 1.22 with one worker', [
      ...rowsOf(large),
      {
        what: 'scripts, 1,000 machines beside 10',
        value: `${Math.round(large.script)}/s`,
        beside: `${Math.round(small.script)}/s`,
        ratio: (large.script / small.script).toFixed(2),
        goal: 'flat',
      },
    ]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Figures {
  readonly script: number;
  readonly userData: number;
  readonly nginxScript: number;
  readonly nginxUserData: number;
  readonly asset: number;
  readonly nginxAsset: number;
  readonly storm: Storm;
}

interface Storm {
  readonly answered: number;
  /** Requests that a machine had to repeat. */
  readonly again: number;
  readonly seconds: number;
  readonly rssBefore: number;
  readonly rssAfter: number;
}

function rowsOf(figures: Figures): readonly ResultRow[] {
  const beside = (what: string, own: number, other: number, matchbox: number): readonly ResultRow[] => [
    {
      what: `${what}, 1,000 machines`,
      value: `${Math.round(own)}/s`,
      beside: `nginx ${Math.round(other)}/s`,
      ratio: (own / other).toFixed(2),
      goal: '>= 0.3',
    },
    {
      what: `${what}, beside matchbox with 50 groups`,
      value: `${Math.round(own)}/s`,
      beside: `${matchbox}/s`,
      ratio: (own / matchbox).toFixed(1),
      goal: '>= 15',
    },
  ];
  const { storm } = figures;
  return [
    ...beside('scripts', figures.script, figures.nginxScript, matchboxPerSecond.script),
    ...beside('user-data', figures.userData, figures.nginxUserData, matchboxPerSecond.userData),
    {
      what: 'files of 128 MiB, 4 at once',
      value: `${(figures.asset / 2 ** 30).toFixed(2)} GiB/s`,
      beside: `nginx ${(figures.nginxAsset / 2 ** 30).toFixed(2)} GiB/s`,
      ratio: (figures.asset / figures.nginxAsset).toFixed(2),
      goal: '>= 0.8',
    },
    {
      what: '10,000 machines, 9,000 of them at once: chain, script, user-data',
      value: `${storm.answered} answered in ${storm.seconds.toFixed(1)} s, ${storm.again} asked twice`,
      beside: `${Math.round(storm.rssBefore)} MiB before`,
      ratio: `${Math.round(storm.rssAfter)} MiB after`,
      goal: '30,000 answered',
    },
  ];
}

function measure(folder: string, machines: number): Promise<Figures> {
  return withProcess(
    (port, own) => [
      'sh',
      [
        '-c',
        `cp "$1" "$2/cluster.yaml" && exec "$3" boot serve -f "$2/cluster.yaml" --listen 127.0.0.1:${port}`,
        'sh',
        join(folder, `cluster-${machines}.yaml`),
        own,
        program,
      ],
    ],
    '"ready"',
    async (muster) => {
      const script = await fetchText(muster.port, queryOf('/ipxe', 1));
      const userData = await fetchText(muster.port, queryOf('/user-data', 1));
      const site = join(folder, 'site');
      await mkdir(site, { recursive: true });
      await writeFile(join(site, 'script'), script);
      await writeFile(join(site, 'user-data'), userData);
      await rm(join(site, 'initrd'), { force: true });
      await time('cp', [join(folder, 'initrd'), join(site, 'initrd')]);
      const asset = /initrd --name main http:\/\/[^/]+(\S+)/.exec(script)?.[1] ?? '';
      return withNginx(folder, site, async (nginx) => {
        const samples = await interleave(rounds, {
          script: () => requestsPerSecond(muster.port, queryOf('/ipxe', 1)),
          nginxScript: () => requestsPerSecond(nginx.port, '/script'),
          userData: () => requestsPerSecond(muster.port, queryOf('/user-data', 1)),
          nginxUserData: () => requestsPerSecond(nginx.port, '/user-data'),
          asset: () => bytesPerSecond(muster.port, asset),
          nginxAsset: () => bytesPerSecond(nginx.port, '/initrd'),
        });
        const of = (name: string) => median(samples[name] ?? []);
        return {
          script: of('script'),
          nginxScript: of('nginxScript'),
          userData: of('userData'),
          nginxUserData: of('nginxUserData'),
          asset: of('asset'),
          nginxAsset: of('nginxAsset'),
          storm: await storm(muster, machines),
        };
      });
    },
  );
}

/** Only the fields that machines send; machines beyond those of the file are unknown, and are told to wait. */
function queryOf(path: string, machine: number): string {
  return `${path}?uuid=&mac=${macOf(machine).replaceAll(':', '-')}&serial=&arch=x86_64&platform=pcbios`;
}

function macOf(machine: number): string {
  const digits = machine.toString(16).padStart(6, '0');
  return ['52', '54', '00', digits.slice(0, 2), digits.slice(2, 4), digits.slice(4)].join(':');
}

function clusterText(machines: number, folder: string): string {
  const profiles = Array.from(
    { length: 50 },
    (_, index) => `  - {name: p${index}, selector: {group: g${index}, arch: x86_64}, args: [console=ttyS0]}`,
  );
  const list = Array.from(
    { length: machines },
    (_, index) =>
      `  - {name: m${index + 1}, mac: "${macOf(index + 1)}", metadata: {group: g${index % 50}}, privateIpv4: 10.${index >> 16}.${(index >> 8) & 255}.${index & 255}}`,
  );
  return [
    'provider: qemu',
    `image: {kernel: ${join(folder, 'vmlinuz')}, initrd: ${join(folder, 'initrd')}}`,
    'profiles:',
    ...profiles,
    'machines:',
    ...list,
    '',
  ].join('\n');
}

function withNginx<T>(
  folder: string,
  site: string,
  work: (nginx: MeasuredProcess) => Promise<T>,
): Promise<T> {
  return withProcess(
    (port, own) => {
      const config = `daemon off; worker_processes 1; pid ${own}/pid; error_log stderr notice;
events { worker_connections 1024; }
http { access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000; default_type text/plain;
client_body_temp_path ${own}/a; proxy_temp_path ${own}/b; fastcgi_temp_path ${own}/c; uwsgi_temp_path ${own}/d; scgi_temp_path ${own}/e;
server { listen 127.0.0.1:${port}; root ${site}; } }`;
      const nginx = resolve('.cache/debian/usr/sbin/nginx');
      const run =
        'chmod 755 "$2" "$4"; printf %s "$1" > "$2/nginx.conf" && exec "$3" -e stderr -p "$2" -c "$2/nginx.conf"';
      return ['sh', ['-c', run, 'sh', config, own, nginx, folder]];
    },
    'start worker process',
    work,
  );
}

async function requestsPerSecond(port: number, path: string): Promise<number> {
  const { stdout } = await time('wrk', [
    '-t',
    '1',
    '-c',
    '32',
    '-d',
    '5s',
    `http://127.0.0.1:${port}${path}`,
  ]);
  if (/Non-2xx/.test(stdout)) throw new Error(`${path} was refused:\n${stdout}`);
  return Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]);
}

async function bytesPerSecond(port: number, path: string): Promise<number> {
  const start = performance.now();
  await Promise.all(Array.from({ length: 4 }, () => drain(port, path)));
  return (4 * assetBytes) / ((performance.now() - start) / 1000);
}

/** By a process of its own: one that reads in this one would be what is measured. */
async function drain(port: number, path: string): Promise<void> {
  await time('curl', ['-sf', '-o', '/dev/null', `http://127.0.0.1:${port}${path}`]);
}

/** What one process may have open, here, is little more. */
const connectionsAtOnce = 9_000;

/** Machines that all ask at once, each three times in a row: those of the file, and thousands that nobody knows. */
async function storm(muster: MeasuredProcess, known: number): Promise<Storm> {
  const rssBefore = await muster.rssMiB();
  const start = performance.now();
  const again: string[] = [];
  const open = { count: 0, waiting: [] as (() => void)[] };
  const inTurn = async <T>(work: () => Promise<T>): Promise<T> => {
    if (open.count >= connectionsAtOnce) await new Promise<void>((resolve) => open.waiting.push(resolve));
    else open.count += 1;
    try {
      return await work();
    } finally {
      const next = open.waiting.shift();
      if (next === undefined) open.count -= 1;
      else next();
    }
  };
  const answers = await Promise.all(
    Array.from({ length: 10_000 }, async (_, index) => {
      const userData = queryOf('/user-data', (index % known) + 1);
      let answered = 0;
      // One address has fewer ports than these are connections.
      const from = `127.1.${index >> 8}.${index & 255}`;
      for (const path of ['/boot.ipxe', queryOf('/ipxe', index + 1), userData]) {
        const ask = () => isAnswered(muster.port, path, from, () => again.push(path));
        if (await inTurn(ask)) answered += 1;
      }
      return answered;
    }),
  );
  return {
    answered: answers.reduce((sum, count) => sum + count, 0),
    again: again.length,
    seconds: (performance.now() - start) / 1000,
    rssBefore,
    rssAfter: await muster.rssMiB(),
  };
}

/** As firmware does, which asks again after a while. */
async function isAnswered(port: number, path: string, from: string, onAgain: () => void): Promise<boolean> {
  for (let left = 3; left > 0; left -= 1) {
    try {
      return (await fetchText(port, path, from)) !== '';
    } catch {
      onAgain();
    }
  }
  return false;
}

/** On a connection of its own. */
function fetchText(port: number, path: string, localAddress = '127.0.0.1'): Promise<string> {
  return new Promise<string>((resolvePromise, reject) => {
    const request = get({ host: '127.0.0.1', port, path, localAddress, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('error', reject);
      response.on('end', () =>
        response.statusCode === 200
          ? resolvePromise(text)
          : reject(new Error(`${path} answers ${response.statusCode}: ${text}`)),
      );
    });
    request.on('error', reject);
  });
}
