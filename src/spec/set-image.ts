// SPDX-License-Identifier: Apache-2.0

import { parseDocument } from 'yaml';

/**
 * The cluster file with another image for machines that no profile has one for. Comments and all else stay. Pure.
 *
 * @param text a cluster file that parses
 * @returns what it had before, when that was the name of a built image or nothing; `undefined` for files by path or URL,
 * which a name cannot bring back
 */
export function setImage(
  text: string,
  image: string,
): { readonly text: string; readonly before: string | undefined } {
  const document = parseDocument(text);
  const had = document.get('image');
  const before = had == null ? '' : typeof had === 'string' ? had : undefined;
  document.set('image', image);
  return { text: document.toString(), before };
}
