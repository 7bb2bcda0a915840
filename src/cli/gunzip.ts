// SPDX-License-Identifier: Apache-2.0

import { gunzipSync } from 'node:zlib';
import type { Gunzip } from '../cloudconfig/index.js';

/** Unpacks gzip; refuses what would become larger than `maxBytes`. */
export const gunzip: Gunzip = (bytes, maxBytes) => gunzipSync(bytes, { maxOutputLength: maxBytes });
