// SPDX-License-Identifier: Apache-2.0

/**
 * cli: the commands, and the composition root: the one place that builds real effects and wires rooms. One file
 * per command in `commands/`, light enough for `--help`; what a command does is in the `run-*.ts` that it loads.
 */
export { type AnyCommand, type Command, flatten } from './command.js';
export { commands } from './commands/index.js';
export { cliErrors } from './errors.js';
export { main } from './main.js';
