// SPDX-License-Identifier: Apache-2.0

import { join } from 'node:path';
import {
  type Handler,
  holdFolder,
  type Log,
  realAskDhcp,
  realClock,
  realDownload,
  realExec,
  realRandom,
} from '../effects/index.js';
import { runEngine } from '../engine/index.js';
import { connect } from '../etcd/index.js';
import { isFleetLockPath } from '../lock/index.js';
import { type ClusterSnapshot, emptySnapshot, openRegistry, type Registry } from '../registry/index.js';
import { type ClusterStatus, foldStatus, statusHandler } from '../status/index.js';
import { openStore } from '../store/index.js';
import { type BootFace, openBootFace } from './boot/boot-face.js';
import { type BootImages, openBootImages } from './boot/boot-images.js';
import { findBuiltImage } from './boot/built-image.js';
import type { DhcpMode } from './boot/dnsmasq-config.js';
import { startManagedDhcp } from './boot/managed-dnsmasq.js';
import { parseCluster, readCluster } from './cluster-files.js';
import { type ClusterFolder, findClusterId, openClusterId } from './cluster-folder.js';
import { type ClusterPlan, type PlanContext, planCluster } from './cluster-plan.js';
import { openClusterSnapshots } from './cluster-snapshots.js';
import { runControlBackups } from './control-backups.js';
import { openControlDiscovery, serveWithDiscovery } from './control-discovery.js';
import { openControlDns } from './control-dns.js';
import {
  type ControlRecord,
  findControl,
  removeControlRecord,
  writeControlRecord,
} from './control-record.js';
import { fail } from './errors.js';
import { withFleetApi } from './fleet-api.js';
import { listenAt } from './listen-at.js';
import { bindProvider } from './provider-deps.js';
import { reachUrl } from './reach.js';
import { type ControlLock, openControlLock } from './reboot/control-lock.js';
import { serveStore } from './serve-store.js';
import { version } from './version.js';

/** A DHCP server that it runs beside. */
export interface ControlDhcp {
  readonly mode: DhcpMode;
  /** With `full`; nothing: the upper half of the network. */
  readonly pool: { readonly first: string; readonly last: string } | undefined;
}

/**
 * The control process: store, boot face, engine and status of one cluster, in one process. Resolves once
 * `signal` fired and everything is closed; machines go on without it.
 *
 * @throws `cli/already-running`, `cli/bad-cluster`, `cli/port-taken`, and what store and provider throw
 */
export async function runControl(
  cluster: ClusterFolder,
  log: Log,
  onReady: (record: ControlRecord) => void,
  signal: AbortSignal,
  dhcp?: ControlDhcp,
): Promise<void> {
  const clusterId = await openClusterId(cluster);
  const held = await holdFolder(cluster.state);
  if (held === undefined) throw await alreadyRunning(cluster);
  try {
    // It may have been destroyed before the place was ours.
    if ((await findClusterId(cluster)) !== clusterId) throw fail('cli/never-up');
    await runAlone(cluster, clusterId, log, onReady, signal, dhcp);
  } finally {
    await held.release();
  }
}

async function runAlone(
  cluster: ClusterFolder,
  clusterId: string,
  log: Log,
  onReady: (record: ControlRecord) => void,
  signal: AbortSignal,
  dhcp: ControlDhcp | undefined,
): Promise<void> {
  const [checked, store] = await Promise.all([
    readCluster(cluster),
    openStore(
      { clock: realClock, random: realRandom, log },
      {
        folder: join(cluster.state, 'store'),
        autoCompaction: { mode: 'periodic', retentionMs: keptHistoryMs },
      },
    ),
  ]);
  const opened: { close(): Promise<void> }[] = [store];
  try {
    const provider = bindProvider(cluster, clusterId, checked.spec, log);
    const images = openBootImages({
      folder: cluster.folder,
      cache: join(cluster.state, 'assets'),
      findBuilt: findBuiltImage,
      download: realDownload,
      log,
    });
    const network = await provider.openNetwork();
    const context: PlanContext = { clusterId, network, imageOf: images.imageOf };
    const plan = planCluster(checked.spec, checked.text.userData, context);
    const registry = openRegistry({ kv: store.kv, clock: realClock, log });
    await applyFirst(registry, checked.text);
    const view = await openClusterView(registry, context, images, log);
    const boot = openBootFace(registry, () => view.planOf(view.latest())?.boot, view.latest, log);
    opened.push(boot);
    await images.settled();
    const snapshots = await openClusterSnapshots(cluster, plan.boot.controlUrl, async (sha256) => {
      const source = (await registry.snapshot()).store?.restore;
      return source?.sha256 === sha256 ? source : undefined;
    });
    const discovery = openControlDiscovery(cluster, log);
    opened.push(discovery);
    const lock = openControlLock({
      kv: store.kv,
      registry,
      log,
      latest: view.latest,
      planOf: view.planOf,
    });
    opened.push(lock);
    const face = controlFace(registry, view, { boot, lock, snapshots: snapshots.face });
    for (const { etcdUrl, controlUrl } of [plan, ...(plan.door === undefined ? [] : [plan.door])]) {
      opened.push(
        await listenAt('control.etcdPort', etcdUrl, (at) =>
          serveStore({ store, log, name: checked.spec.name, clientUrls: [plan.etcdUrl] }, at),
        ),
        await listenAt('control.port', controlUrl, (at) =>
          serveWithDiscovery(
            { discovery, store, log },
            withFleetApi({ registry, log, isDoor: controlUrl !== plan.controlUrl }, face),
            at,
          ),
        ),
      );
    }
    if (plan.dns !== undefined) opened.push(await openControlDns({ registry, log }, plan, plan.dns));
    const served =
      dhcp &&
      (await startManagedDhcp(
        {
          exec: realExec,
          askDhcp: realAskDhcp,
          log,
          plan: () => view.planOf(view.latest())?.boot,
          onSeen: (machine) => boot.records.note(machine, { at: 'dhcp' }),
        },
        dhcp.mode,
        plan.controlUrl,
        join(cluster.state, 'dhcp'),
        { domain: plan.spec.domain, pool: dhcp.pool },
      ));
    const record = await writeControlRecord(cluster, {
      cluster: checked.spec.name,
      controlUrl: plan.controlUrl,
      etcdUrl: plan.etcdUrl,
      storeUrls: [...plan.storeUrls],
      reach: { ...plan.reach },
      version,
    });
    log.info('ready', { control: plan.controlUrl, etcd: plan.etcdUrl });
    onReady(record);
    await allUntilOneEnds(signal, (until) => [
      view.run(until),
      images.run(until),
      ...(served === undefined ? [] : [served.run(until)]),
      lock.run(until),
      runControlBackups({ cluster, registry, log, latest: view.latest, planOf: view.planOf }, until),
      runEngine(
        {
          kv: store.kv,
          registry,
          host: provider.openHost(),
          clock: realClock,
          log,
          random: realRandom,
          engineId: clusterId,
          members: {
            connect: (endpoint) =>
              connect([reachUrl(view.planOf(view.latest())?.reach ?? {}, endpoint)], {
                timeoutMs: memberTimeoutMs,
              }),
            saveSnapshot: snapshots.save,
            offerSnapshot: snapshots.offer,
            async reserveSlots(token, size, members) {
              const url = `${plan.boot.controlUrl}/${token}`;
              await (await discovery.open()).discovery.reserve({ token, url, size, members });
              return { url };
            },
            slotsOf: async (token) => (await discovery.open()).discovery.slotsOf(token),
            wantedOf: (snapshot) => view.planOf(snapshot)?.store,
          },
          machinesOf: (snapshot) => {
            const machines = view.planOf(snapshot)?.machines;
            return machines && new Map([...machines].map(([name, { known }]) => [name, known.id]));
          },
          orderFor: (snapshot, name) => {
            const order = view.planOf(snapshot)?.machines.get(name)?.order;
            if (order === undefined) throw new Error(`no machine "${name}" in the cluster file`);
            return order;
          },
        },
        until,
      ),
    ]);
  } finally {
    for (const resource of opened.reverse()) await resource.close();
    await removeControlRecord(cluster);
  }
}

/** A member that takes longer than this is no help in deciding about the cluster. */
const memberTimeoutMs = 3_000;

/** Units that restart write history without end; nobody looks back further than this. */
const keptHistoryMs = 60 * 60 * 1000;

/** Runs tasks until `signal` fires or one of them fails; then all are asked to end, and are waited for. */
async function allUntilOneEnds(
  signal: AbortSignal,
  start: (until: AbortSignal) => readonly Promise<void>[],
): Promise<void> {
  const failed = new AbortController();
  const tasks = start(AbortSignal.any([signal, failed.signal]));
  try {
    await Promise.all(tasks);
  } finally {
    failed.abort();
    await Promise.allSettled(tasks);
  }
}

/** The cluster file on disk counts for a cluster that has none yet; afterwards only `muster up` applies it. */
async function applyFirst(registry: Registry, text: Parameters<Registry['clusterFile']['write']>[0]) {
  await registry.clusterFile.write(text, emptySnapshot.clusterFile);
}

interface ClusterView {
  /** The plan for the cluster file of a snapshot; made once per change of the file or of an image. */
  planOf(snapshot: ClusterSnapshot): ClusterPlan | undefined;
  latest(): ClusterSnapshot;
  /** Follows the registry until `signal` fires. */
  run(signal: AbortSignal): Promise<void>;
}

/** With what is known before: machines in the middle of a boot are answered as soon as anybody is. */
async function openClusterView(
  registry: Registry,
  context: PlanContext,
  images: BootImages,
  log: Log,
): Promise<ClusterView> {
  let latest = await registry.snapshot();
  let planned: { readonly of: string; readonly plan: ClusterPlan | undefined } | undefined;
  const planOf = (snapshot: ClusterSnapshot) => {
    const { modRevision, text, userData } = snapshot.clusterFile;
    const of = `${modRevision} ${images.version()}`;
    if (planned?.of !== of) {
      // The last good plan stands until there is another one.
      const plan = modRevision === 0 ? undefined : planText(text, userData, context, log);
      planned = { of, plan: plan ?? planned?.plan };
    }
    return planned.plan;
  };
  return {
    planOf,
    latest: () => latest,
    async run(signal) {
      for await (const view of registry.watch(signal)) if (view.kind === 'snapshot') latest = view.snapshot;
    },
  };
}

/** Only checked text is written to the registry by muster; anybody else's that cannot be followed is not. */
function planText(text: string, userData: ReadonlyMap<string, string>, context: PlanContext, log: Log) {
  try {
    const parsed = parseCluster(text);
    if (parsed.kind === 'ok') return planCluster(parsed.spec, userData, context);
    log.error('the cluster file in the store does not parse', { problem: parsed.issues[0]?.message });
  } catch (error) {
    log.error('the cluster file in the store cannot be followed', { problem: String(error) });
  }
  return undefined;
}

interface Faces {
  readonly boot: BootFace;
  readonly lock: ControlLock;
  readonly snapshots: Handler;
}

function controlFace(registry: Registry, view: ClusterView, { boot, lock, snapshots }: Faces): Handler {
  const status = statusHandler({ version, status: () => statusNow(registry, view, boot, lock) });
  const statusPaths = new Set(['/status', '/health', '/version']);
  return (request, connection) => {
    const path = pathOf(request.url);
    if (path.startsWith('/snapshots/')) return snapshots(request);
    if (isFleetLockPath(path)) return lock.face(request);
    return statusPaths.has(path) ? status(request) : boot.handler(request, connection);
  };
}

/** Of an absolute URL; reading it whole takes as long as all the rest of a small answer. */
function pathOf(url: string): string {
  const start = url.indexOf('/', url.indexOf('//') + 2);
  const end = url.indexOf('?', start);
  return start < 0 ? '/' : url.slice(start, end < 0 ? undefined : end);
}

async function statusNow(
  registry: Registry,
  view: ClusterView,
  boot: BootFace,
  lock: ControlLock,
): Promise<ClusterStatus> {
  const stored = await registry.snapshot();
  const snapshot = { ...stored, boots: new Map([...stored.boots, ...boot.records.latest()]) };
  const plan = view.planOf(snapshot);
  if (plan === undefined) throw fail('cli/no-plan');
  return foldStatus({
    cluster: plan.spec.name,
    endpoints: { control: plan.controlUrl, etcd: plan.storeUrls },
    store: plan.spec.store.kind,
    machines: [...plan.machines.values()].map(({ known }) => known),
    snapshot,
    renewedAt: await registry.machines.renewals(realClock.now()),
    rebootLocks: await lock.groups(),
    units: await registry.units.table(),
  });
}

async function alreadyRunning(cluster: ClusterFolder): Promise<Error> {
  const other = await findControl(cluster);
  return fail('cli/already-running', {
    cluster: other?.cluster ?? 'unknown, it is just starting',
    pid: other?.pid ?? 'unknown',
    url: other?.controlUrl ?? 'an address not yet known',
  });
}
