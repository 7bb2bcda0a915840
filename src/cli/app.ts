// SPDX-License-Identifier: Apache-2.0

import type { CommandInput, ExitCode } from './command.js';

/**
 * What commands do. The build makes three bundles of the program: the light one has the command line and its help and
 * is all that `--help` loads; `agent-app.ts` is what runs on machines; this one has everything else, each part run
 * when it is needed.
 */
export const runBackupList = async (input: CommandInput): Promise<ExitCode> =>
  (await import('./run-backup-commands.js')).runBackupList(input);
export const runBackupNow = async (input: CommandInput): Promise<ExitCode> =>
  (await import('./run-backup-commands.js')).runBackupNow(input);
export const runCompletion = async (input: CommandInput): Promise<ExitCode> =>
  (await import('./completion.js')).runCompletion(input);
export const runConfigApply = async (input: CommandInput): Promise<ExitCode> =>
  (await import('./config/run-apply.js')).runConfigApply(input);
export const runConfigRender = async (input: CommandInput): Promise<ExitCode> =>
  (await import('./config/run-render.js')).runConfigRender(input);
export const runConfigConvert = async (input: CommandInput): Promise<ExitCode> =>
  (await import('./config/run-convert.js')).runConfigConvert(input);
export const runConfigDiff = async (input: CommandInput): Promise<ExitCode> =>
  (await import('./config/run-diff.js')).runConfigDiff(input);
export const runDestroy = async (input: CommandInput): Promise<ExitCode> =>
  (await import('./run-down.js')).runDestroy(input);
export const runDiscoveryServe = async (input: CommandInput): Promise<ExitCode> =>
  (await import('./run-discovery-serve.js')).runDiscoveryServe(input);
export const runDiscoveryNew = async (input: CommandInput): Promise<ExitCode> =>
  (await import('./run-discovery.js')).runDiscoveryNew(input);
export const runDiscoveryList = async (input: CommandInput): Promise<ExitCode> =>
  (await import('./run-discovery.js')).runDiscoveryList(input);
export const runDiscoveryShow = async (input: CommandInput): Promise<ExitCode> =>
  (await import('./run-discovery.js')).runDiscoveryShow(input);
export const runDiscoveryFree = async (input: CommandInput): Promise<ExitCode> =>
  (await import('./run-discovery.js')).runDiscoveryFree(input);
export const runDnsServe = async (input: CommandInput): Promise<ExitCode> =>
  (await import('./run-dns.js')).runDnsServe(input);
export const runDnsZone = async (input: CommandInput): Promise<ExitCode> =>
  (await import('./run-dns.js')).runDnsZone(input);
export const runDown = async (input: CommandInput): Promise<ExitCode> =>
  (await import('./run-down.js')).runDown(input);
export const runDrill = async (input: CommandInput): Promise<ExitCode> =>
  (await import('./drill/run-drill.js')).runDrill(input);
export const runEvents = async (input: CommandInput): Promise<ExitCode> =>
  (await import('./run-events.js')).runEvents(input);
export const runGet = async (input: CommandInput): Promise<ExitCode> =>
  (await import('./run-keys.js')).runGet(input);
export const runInit = async (input: CommandInput): Promise<ExitCode> =>
  (await import('./run-init.js')).runInit(input);
export const runLogs = async (input: CommandInput): Promise<ExitCode> =>
  (await import('./run-logs.js')).runLogs(input);
export const runLs = async (input: CommandInput): Promise<ExitCode> =>
  (await import('./run-keys.js')).runLs(input);
export const runMachineReplace = async (input: CommandInput): Promise<ExitCode> =>
  (await import('./run-machine.js')).runMachineReplace(input);
export const runMachines = async (input: CommandInput): Promise<ExitCode> =>
  (await import('./run-status.js')).runMachines(input);
export const runMemberList = async (input: CommandInput): Promise<ExitCode> =>
  (await import('./run-member-commands.js')).runMemberList(input);
export const runMemberAdd = async (input: CommandInput): Promise<ExitCode> =>
  (await import('./run-member-commands.js')).runMemberAdd(input);
export const runMemberRemove = async (input: CommandInput): Promise<ExitCode> =>
  (await import('./run-member-commands.js')).runMemberRemove(input);
export const runMemberPromote = async (input: CommandInput): Promise<ExitCode> =>
  (await import('./run-member-commands.js')).runMemberPromote(input);
export const runMemberUpdate = async (input: CommandInput): Promise<ExitCode> =>
  (await import('./run-member-commands.js')).runMemberUpdate(input);
export const runReboot = async (input: CommandInput): Promise<ExitCode> =>
  (await import('./run-reboot.js')).runReboot(input);
export const runRecover = async (input: CommandInput): Promise<ExitCode> =>
  (await import('./recover/run-recover.js')).runRecover(input);
export const runRm = async (input: CommandInput): Promise<ExitCode> =>
  (await import('./run-keys.js')).runRm(input);
export const runSchema = async (_input: CommandInput): Promise<ExitCode> =>
  (await import('./run-schema.js')).runSchema();
export const runServe = async (input: CommandInput): Promise<ExitCode> =>
  (await import('./run-serve.js')).runServe(input);
export const runSet = async (input: CommandInput): Promise<ExitCode> =>
  (await import('./run-keys.js')).runSet(input);
export const runSsh = async (input: CommandInput): Promise<ExitCode> =>
  (await import('./run-ssh.js')).runSsh(input);
export const runStatus = async (input: CommandInput): Promise<ExitCode> =>
  (await import('./run-status.js')).runStatus(input);
export const runStoreServe = async (input: CommandInput): Promise<ExitCode> =>
  (await import('./run-store.js')).runStoreServe(input);
export const runStoreBackup = async (input: CommandInput): Promise<ExitCode> =>
  (await import('./run-store.js')).runStoreBackup(input);
export const runStoreRestore = async (input: CommandInput): Promise<ExitCode> =>
  (await import('./run-store.js')).runStoreRestore(input);
export const runStoreStatus = async (input: CommandInput): Promise<ExitCode> =>
  (await import('./run-store.js')).runStoreStatus(input);
export const runStoreCompact = async (input: CommandInput): Promise<ExitCode> =>
  (await import('./run-store.js')).runStoreCompact(input);
export const runUp = async (input: CommandInput): Promise<ExitCode> =>
  (await import('./run-up.js')).runUp(input);
export const runWatch = async (input: CommandInput): Promise<ExitCode> =>
  (await import('./run-keys.js')).runWatch(input);
export const printError = async (error: unknown, signal: AbortSignal): Promise<ExitCode> =>
  (await import('./print-error.js')).printError(error, signal);
