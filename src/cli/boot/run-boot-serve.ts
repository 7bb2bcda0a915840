// SPDX-License-Identifier: Apache-2.0

import { join, resolve } from 'node:path';
import { type BootPlan, type BootStage, bootHandler } from '../../boot/index.js';
import { type Log, listen, realClock, realDownload, realFiles, realOpenFile } from '../../effects/index.js';
import { type ClusterText, readCluster } from '../cluster-files.js';
import { type ClusterFolder, findClusterFolder, findClusterId } from '../cluster-folder.js';
import { planCluster } from '../cluster-plan.js';
import { type CommandInput, type ExitCode, textFlag } from '../command.js';
import { defaultUserData, defaultUserDataPath } from '../default-user-data.js';
import { listenAt } from '../listen-at.js';
import { openLog } from '../log.js';
import { type BootImages, openBootImages } from './boot-images.js';
import { findBuiltImage } from './built-image.js';

/** The boot face of a cluster file with nothing else beside it. */
export async function runBootServe({ flags, signal }: CommandInput): Promise<ExitCode> {
  const cluster = findClusterFolder(flags);
  const at = textFlag(flags, 'listen') ?? '127.0.0.1:7979';
  const log = openLog('boot', 'info', 'soon');
  const images = openBootImages({
    folder: cluster.folder,
    cache: join(cluster.state, 'assets'),
    findBuilt: findBuiltImage,
    download: realDownload,
    log,
  });
  const url = (textFlag(flags, 'url') ?? `http://${at}`).replace(/\/+$/, '');
  await readPlan(cluster, images, url);
  await images.settled();
  const planned = await readPlan(cluster, images, url);
  const handler = bootHandler({
    plan: () => planned.plan,
    onStage: (stage) => tell(log, stage),
    openFile: realOpenFile,
    log,
  });
  const face = await listenAt('--listen', `http://${at}`, (place) => listen(handler, place));
  log.info('ready', { url, machines: planned.plan.machines.length });
  const follow = async () => {
    let version = images.version();
    while (!signal.aborted) {
      await realClock.sleep(rereadMs, signal);
      if (version === images.version() && (await isUnchanged(cluster, planned.text))) continue;
      version = images.version();
      // Until it is right again, the last good one stands.
      const next = await readPlan(cluster, images, url).catch((error: unknown) => {
        log.warn('the cluster file cannot be followed', { why: String(error) });
        return undefined;
      });
      if (next === undefined) continue;
      planned.plan = next.plan;
      planned.text = next.text;
      log.info('the cluster file or an image changed', { machines: next.plan.machines.length });
    }
  };
  try {
    await Promise.all([images.run(signal), follow()]);
  } finally {
    await face.close();
  }
  return 0;
}

const rereadMs = 5_000;

interface Planned {
  plan: BootPlan;
  /** What it was made of. */
  text: ClusterText;
}

/** Reading a thousand machines takes a second, and comparing two files nothing. */
async function isUnchanged(cluster: ClusterFolder, { text, userData }: ClusterText): Promise<boolean> {
  if (((await realFiles.readText(cluster.clusterFile)) ?? '') !== text) return false;
  for (const [path, content] of userData) {
    if (path === defaultUserDataPath && content === defaultUserData) continue;
    if ((await realFiles.readText(resolve(cluster.folder, path))) !== content) return false;
  }
  return true;
}

async function readPlan(cluster: ClusterFolder, images: BootImages, url: string): Promise<Planned> {
  const { spec, text } = await readCluster(cluster);
  const clusterId = (await findClusterId(cluster)) ?? '';
  // Machines that have no address in the file get theirs by DHCP.
  const network = { controlAddress: new URL(url).hostname, addressOf: () => '' };
  const { boot } = planCluster(spec, text.userData, { clusterId, network, imageOf: images.imageOf });
  return { plan: { ...boot, controlUrl: url }, text };
}

function tell(log: Log, stage: BootStage): void {
  if (stage.at === 'unknown') {
    log.warn('a machine that nobody knows asked to boot', { ...stage.facts.marks });
    return;
  }
  const { at, machine } = stage;
  const isEnd = at !== 'kernel' && at !== 'initrd' ? true : stage.bytes === stage.total;
  if (isEnd) log.info(at, { machine });
}
