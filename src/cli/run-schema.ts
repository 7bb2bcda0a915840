// SPDX-License-Identifier: Apache-2.0

import { inlineConfigParser } from '../cloudconfig/index.js';
import { optionParsers } from '../providers/index.js';
import { clusterFileSchema } from '../spec/index.js';
import type { ExitCode } from './command.js';
import { printJson } from './print.js';

export async function runSchema(): Promise<ExitCode> {
  printJson(clusterFileSchema(optionParsers, inlineConfigParser()));
  return 0;
}
