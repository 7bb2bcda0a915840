// SPDX-License-Identifier: Apache-2.0

import type { CommandInput, ExitCode } from './command.js';

/** A command that speaks to the machines of a cluster or to what runs beside them, wherever these are. */
function inside(load: () => Promise<(input: CommandInput) => Promise<ExitCode>>) {
  return async (input: CommandInput): Promise<ExitCode> => {
    const { inNetwork } = await import('./in-network.js');
    return inNetwork(input, async (same) => (await load())(same));
  };
}

/**
 * What commands do. The build makes three bundles of the program: the light one has the command line and its help and
 * is all that `--help` loads; `agent-app.ts` is what runs on machines; this one has everything else, each part run
 * when it is needed.
 */
export const runApply = inside(async () => (await import('./apply/run-apply.js')).runApply);
export const runBackupList = inside(async () => (await import('./run-backup-commands.js')).runBackupList);
export const runBackupNow = inside(async () => (await import('./run-backup-commands.js')).runBackupNow);
export const runBootDhcpConfig = async (input: CommandInput): Promise<ExitCode> =>
  (await import('./boot/run-dhcp-config.js')).runBootDhcpConfig(input);
export const runBootServe = async (input: CommandInput): Promise<ExitCode> =>
  (await import('./boot/run-boot-serve.js')).runBootServe(input);
export const runBootWhy = inside(async () => (await import('./boot/run-why.js')).runBootWhy);
export const runCompletion = async (input: CommandInput): Promise<ExitCode> =>
  (await import('./completion.js')).runCompletion(input);
export const runConfigApply = async (input: CommandInput): Promise<ExitCode> =>
  (await import('./config/run-apply.js')).runConfigApply(input);
export const runConfigDrift = inside(async () => (await import('./config/run-drift.js')).runConfigDrift);
export const runConfigRender = inside(async () => (await import('./config/run-render.js')).runConfigRender);
export const runConfigConvert = async (input: CommandInput): Promise<ExitCode> =>
  (await import('./config/run-convert.js')).runConfigConvert(input);
export const runConfigDiff = inside(async () => (await import('./config/run-diff.js')).runConfigDiff);
export const runDestroy = inside(async () => (await import('./run-down.js')).runDestroy);
export const runConfigValidate = async (input: CommandInput): Promise<ExitCode> =>
  (await import('./config/run-validate.js')).runConfigValidate(input);
export const runDiscoveryServe = async (input: CommandInput): Promise<ExitCode> =>
  (await import('./run-discovery-serve.js')).runDiscoveryServe(input);
export const runDiscoveryNew = inside(async () => (await import('./run-discovery.js')).runDiscoveryNew);
export const runDiscoveryList = inside(async () => (await import('./run-discovery.js')).runDiscoveryList);
export const runDiscoveryShow = inside(async () => (await import('./run-discovery.js')).runDiscoveryShow);
export const runDiscoveryFree = inside(async () => (await import('./run-discovery.js')).runDiscoveryFree);
export const runDnsServe = inside(async () => (await import('./run-dns.js')).runDnsServe);
export const runDnsZone = inside(async () => (await import('./run-dns.js')).runDnsZone);
export const runDown = inside(async () => (await import('./run-down.js')).runDown);
export const runDrill = inside(async () => (await import('./drill/run-drill.js')).runDrill);
export const runEvents = inside(async () => (await import('./run-events.js')).runEvents);
export const runGet = inside(async () => (await import('./run-keys.js')).runGet);
export const runImageBuild = async (input: CommandInput): Promise<ExitCode> =>
  (await import('./run-image.js')).runImageBuild(input);
export const runImageList = async (input: CommandInput): Promise<ExitCode> =>
  (await import('./run-image.js')).runImageList(input);
export const runImageRm = async (input: CommandInput): Promise<ExitCode> =>
  (await import('./run-image.js')).runImageRm(input);
export const runImageShow = async (input: CommandInput): Promise<ExitCode> =>
  (await import('./run-image.js')).runImageShow(input);
export const runInit = async (input: CommandInput): Promise<ExitCode> =>
  (await import('./run-init.js')).runInit(input);
export const runLockStatus = inside(async () => (await import('./run-lock.js')).runLockStatus);
export const runLockSetMax = inside(async () => (await import('./run-lock.js')).runLockSetMax);
export const runLockAcquire = inside(async () => (await import('./run-lock.js')).runLockAcquire);
export const runLockRelease = inside(async () => (await import('./run-lock.js')).runLockRelease);
export const runLockPause = inside(async () => (await import('./run-lock.js')).runLockPause);
export const runLockResume = inside(async () => (await import('./run-lock.js')).runLockResume);
export const runLogs = inside(async () => (await import('./run-logs.js')).runLogs);
export const runLs = inside(async () => (await import('./run-keys.js')).runLs);
export const runMachineAccept = inside(async () => (await import('./boot/run-accept.js')).runMachineAccept);
export const runMachineReplace = inside(async () => (await import('./run-machine.js')).runMachineReplace);
export const runPending = inside(async () => (await import('./boot/run-pending.js')).runPending);
export const runMachines = inside(async () => (await import('./run-status.js')).runMachines);
export const runMemberList = inside(async () => (await import('./run-member-commands.js')).runMemberList);
export const runMemberAdd = inside(async () => (await import('./run-member-commands.js')).runMemberAdd);
export const runMemberRemove = inside(async () => (await import('./run-member-commands.js')).runMemberRemove);
export const runMemberPromote = inside(
  async () => (await import('./run-member-commands.js')).runMemberPromote,
);
export const runMemberUpdate = inside(async () => (await import('./run-member-commands.js')).runMemberUpdate);
export const runReboot = inside(async () => (await import('./run-reboot.js')).runReboot);
export const runRecover = inside(async () => (await import('./recover/run-recover.js')).runRecover);
export const runRm = inside(async () => (await import('./run-keys.js')).runRm);
export const runSchema = async (_input: CommandInput): Promise<ExitCode> =>
  (await import('./run-schema.js')).runSchema();
export const runServe = async (input: CommandInput): Promise<ExitCode> =>
  (await import('./run-serve.js')).runServe(input);
export const runSet = inside(async () => (await import('./run-keys.js')).runSet);
export const runSsh = inside(async () => (await import('./run-ssh.js')).runSsh);
export const runStatus = inside(async () => (await import('./run-status.js')).runStatus);
export const runStoreServe = async (input: CommandInput): Promise<ExitCode> =>
  (await import('./run-store.js')).runStoreServe(input);
export const runStoreServeV2 = async (input: CommandInput): Promise<ExitCode> =>
  (await import('./run-serve-v2.js')).runStoreServeV2(input);
export const runStoreBackup = async (input: CommandInput): Promise<ExitCode> =>
  (await import('./run-store.js')).runStoreBackup(input);
export const runStoreRestore = async (input: CommandInput): Promise<ExitCode> =>
  (await import('./run-store.js')).runStoreRestore(input);
export const runStoreStatus = async (input: CommandInput): Promise<ExitCode> =>
  (await import('./run-store.js')).runStoreStatus(input);
export const runStoreCompact = async (input: CommandInput): Promise<ExitCode> =>
  (await import('./run-store.js')).runStoreCompact(input);
export const runMachineMark = (what: string) =>
  inside(async () => (await import('./units/mark-machine.js')).runMachineMark(what));
export const runUnitChange = (what: string) =>
  inside(async () => (await import('./units/change-units.js')).runUnitChange(what));
export const runUnitList = inside(async () => (await import('./units/show-units.js')).runUnitList);
export const runUnitListFiles = inside(async () => (await import('./units/show-units.js')).runUnitListFiles);
export const runUnitCat = inside(async () => (await import('./units/show-units.js')).runUnitCat);
export const runUnitStatus = inside(async () => (await import('./units/show-units.js')).runUnitStatus);
export const runUnitWhy = inside(async () => (await import('./units/show-units.js')).runUnitWhy);
export const runUnitVerify = async (input: CommandInput): Promise<ExitCode> =>
  (await import('./units/show-units.js')).runUnitVerify(input);
export const runUnitLogs = inside(async () => (await import('./units/reach-unit.js')).runUnitLogs);
export const runUnitSsh = inside(async () => (await import('./units/reach-unit.js')).runUnitSsh);
export const runUnitRebalance = inside(
  async () => (await import('./units/rebalance-units.js')).runUnitRebalance,
);
export const runUp = inside(async () => (await import('./run-up.js')).runUp);
export const runWatch = inside(async () => (await import('./run-keys.js')).runWatch);
export const printError = async (error: unknown, signal: AbortSignal): Promise<ExitCode> =>
  (await import('./print-error.js')).printError(error, signal);
