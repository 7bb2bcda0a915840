// SPDX-License-Identifier: Apache-2.0

/** One column of a listing. */
export interface Column<Row> {
  readonly title: string;
  readonly text: (row: Row) => string;
}

/** Prints rows as a table with a header, or as one JSON value. */
export async function printRows<Row>(
  format: string,
  rows: readonly Row[],
  columns: readonly Column<Row>[],
): Promise<void> {
  if (format === 'json') return printJson(rows);
  process.stdout.write(await renderTable(rows, columns));
}

export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}

/** Columns as wide as their widest cell, two blanks apart, no lines: what `cut` and `awk` can read. */
export async function renderTable<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
): Promise<string> {
  const { default: Table } = await import('cli-table3');
  const table = new Table({
    chars: noLines,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2 },
  });
  table.push(columns.map((column) => column.title));
  for (const row of rows) table.push(columns.map((column) => plain(column.text(row)) || '-'));
  return `${table.toString().replace(/ +$/gm, '')}\n`;
}

/** Names and reasons come from anybody: none of them moves the cursor or makes a line of its own. */
function plain(text: string): string {
  return text.replace(/\p{Cc}/gu, (sign) => `\\x${sign.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

const noLines = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '',
} as const;
