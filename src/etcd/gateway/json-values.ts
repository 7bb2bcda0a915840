// SPDX-License-Identifier: Apache-2.0

import { type JsonNode, readJson } from './json-reader.js';

/** A value and the text it stands in, which its places count from. */
export interface JsonText {
  readonly text: string;
  readonly node: JsonNode;
}

/**
 * Cuts a text into the JSON values that stand in it one after the other, as they come: the body of a streamed
 * call is such a text and may never end. A value that is no object or array, which no message is, is told in the end.
 */
export class JsonValues {
  private text = '';
  /** Up to here `text` was looked at. */
  private at = 0;
  private depth = 0;
  private isInString = false;
  private isOther = false;

  /** Values that came before a fault are there before it is thrown. @throws `JsonFault` */
  *push(text: string): Generator<JsonText> {
    this.text += text;
    for (; this.at < this.text.length && !this.isOther; this.at += 1) {
      if (!this.isEndOfValue(this.text[this.at] ?? '')) continue;
      const value = this.text.slice(0, this.at + 1).trimStart();
      yield { text: value, node: readJson(value, 0).node };
      this.text = this.text.slice(this.at + 1);
      this.at = -1;
    }
  }

  /** What is left when no more will come. @throws `JsonFault` */
  *end(): Generator<JsonText> {
    const text = this.text.trimStart();
    if (text !== '') yield { text, node: readJson(text, 0).node };
  }

  private isEndOfValue(char: string): boolean {
    if (this.isInString) {
      if (char === '\\') this.at += 1;
      else if (char === '"') this.isInString = false;
    } else if (char === '{' || char === '[') this.depth += 1;
    else if (this.depth === 0) this.isOther = !/\s/.test(char);
    else if (char === '"') this.isInString = true;
    else if (char === '}' || char === ']') {
      this.depth -= 1;
      return this.depth === 0;
    }
    return false;
  }
}
