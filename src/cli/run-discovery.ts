// SPDX-License-Identifier: Apache-2.0

import type { SlotView, TokenView } from '../bootstrap/index.js';
import { askDiscovery, findTarget } from './ask-discovery.js';
import { type CommandInput, type ExitCode, textFlag } from './command.js';
import { fail } from './errors.js';
import { type Column, printJson, printRows } from './print.js';

const tokensPath = '/discovery/tokens';

export async function runDiscoveryNew({ flags }: CommandInput): Promise<ExitCode> {
  const size = textFlag(flags, 'size') ?? '3';
  const target = await findTarget(flags);
  const url = await askDiscovery(target, 'GET', `/new?size=${encodeURIComponent(size)}`, false);
  process.stdout.write(`${url}\n`);
  return 0;
}

export async function runDiscoveryList({ flags }: CommandInput): Promise<ExitCode> {
  const text = await askDiscovery(await findTarget(flags), 'GET', tokensPath, true);
  const tokens: readonly TokenView[] = JSON.parse(text);
  await printRows(textFlag(flags, 'output') ?? 'table', tokens, tokenColumns);
  return 0;
}

export async function runDiscoveryShow({ args, flags }: CommandInput): Promise<ExitCode> {
  const path = `${tokensPath}/${parseToken(args[0])}`;
  const token: TokenView = JSON.parse(await askDiscovery(await findTarget(flags), 'GET', path, true));
  if (textFlag(flags, 'output') === 'json') printJson(token);
  else {
    process.stdout.write(
      `${token.token} ${token.state}, ${token.slots.length} of ${token.size} slots taken\n`,
    );
    const rows = [
      ...token.slots.map((slot, index) => ({ ...slot, place: String(index + 1) })),
      ...token.late.map((slot) => ({ ...slot, place: 'too late' })),
    ];
    if (rows.length > 0) await printRows('table', rows, slotColumns);
  }
  return 0;
}

export async function runDiscoveryFree({ args, flags }: CommandInput): Promise<ExitCode> {
  const [token, member] = [parseToken(args[0]), args[1] ?? ''];
  if (!/^[0-9a-f]{1,16}$/.test(member)) {
    throw fail('cli/usage', {
      problem: `"${member}" is no member ID`,
      hint: '`muster discovery show` prints the IDs: up to 16 hex digits',
    });
  }
  await askDiscovery(await findTarget(flags), 'DELETE', `${tokensPath}/${token}/members/${member}`, true);
  process.stdout.write(`freed the slot of member ${member}\n`);
  return 0;
}

/** Takes the URL of a token as well: that is what a cloud-config has. */
function parseToken(text = ''): string {
  const token = /(?:^|\/)([0-9a-f]{32})\/?$/.exec(text)?.[1];
  if (token !== undefined) return token;
  throw fail('cli/usage', { problem: `"${text}" is no token`, hint: 'give its 32 hex digits, or its URL' });
}

const tokenColumns: readonly Column<TokenView>[] = [
  { title: 'TOKEN', text: ({ token }) => token },
  { title: 'STATE', text: ({ state }) => state },
  { title: 'SLOTS', text: ({ slots, size }) => `${slots.length}/${size}` },
  { title: 'LATE', text: ({ late }) => (late.length === 0 ? '' : String(late.length)) },
  { title: 'PROTOCOL', text: ({ protocol }) => protocol ?? '' },
  { title: 'CREATED', text: ({ createdAt }) => timeText(createdAt) },
  { title: 'EXPIRES', text: ({ expiresAt }) => (expiresAt === undefined ? '' : timeText(expiresAt)) },
];

const slotColumns: readonly Column<SlotView & { readonly place: string }>[] = [
  { title: 'SLOT', text: ({ place }) => place },
  { title: 'MEMBER', text: ({ memberId }) => memberId },
  { title: 'NAME', text: ({ name }) => name },
  { title: 'PEER URLS', text: ({ peerUrls }) => peerUrls.join(',') },
];

function timeText(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
}
