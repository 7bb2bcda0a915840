// SPDX-License-Identifier: Apache-2.0

/** What Go's decoder says of a text that ends too early. */
export const unexpectedEnd = 'unexpected EOF';

/** A text that is no JSON, with the reason as etcd's gateway would tell it. */
export class JsonFault extends Error {}

/**
 * Cuts a text into the JSON objects that stand in it one after the other, as they come: the body of a streamed
 * call is such a text and may never end.
 */
export class JsonValues {
  private text = '';
  /** Up to here `text` was looked at. */
  private at = 0;
  private depth = 0;
  private isInString = false;

  /** Values that came before a fault are there before it is thrown. @throws `JsonFault` */
  *push(text: string): Generator<unknown> {
    this.text += text;
    for (; this.at < this.text.length; this.at += 1) {
      this.step(this.text[this.at] ?? '');
      if (this.depth > 0) continue;
      const value = this.text.slice(0, this.at + 1);
      this.text = this.text.slice(this.at + 1);
      this.at = -1;
      if (value.trim() !== '') yield parseValue(value);
    }
  }

  /** @throws `JsonFault` within a value */
  end(): void {
    if (this.text.trim() !== '') throw new JsonFault(unexpectedEnd);
  }

  private step(char: string): void {
    if (this.isInString) {
      if (char === '\\') this.at += 1;
      else if (char === '"') this.isInString = false;
    } else if (char === '"' && this.depth > 0) this.isInString = true;
    else if (char === '{' || char === '[') this.depth += 1;
    else if ((char === '}' || char === ']') && this.depth > 0) this.depth -= 1;
    else if (this.depth === 0 && !/\s/.test(char)) {
      throw new JsonFault(`invalid character '${char}' looking for beginning of value`);
    }
  }
}

/** JSON numbers lose what they have beyond 2^53, and ids have 64 bits: long integers become strings first. */
function parseValue(text: string): unknown {
  const kept = text.replace(/"(?:[^"\\]|\\.)*"|-?\d{16,}(?![\d.eE])/g, (found) =>
    found.startsWith('"') ? found : `"${found}"`,
  );
  try {
    return JSON.parse(kept);
  } catch (error) {
    throw new JsonFault(error instanceof Error ? error.message : String(error));
  }
}
