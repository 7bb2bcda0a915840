// SPDX-License-Identifier: Apache-2.0

import { fail } from '../../../etcd/index.js';
import type { SnapshotSource, StoreMember } from '../../../registry/index.js';
import type { Chance } from './chance.js';
import { type ControlModel, startControl } from './model-control.js';
import { openEtcdModel } from './model-etcd.js';
import { type MachineModel, openMachineModel } from './model-machine.js';
import { openModelClient } from './model-member-calls.js';
import { idOf, openRegistryModel } from './model-registry.js';
import { control, openNetwork } from './network.js';
import { isNewer, type LogEntry, votersOf } from './raft-log.js';
import { openTimeline } from './timeline.js';

export type World = ReturnType<typeof openWorld>;

/** All machines, their etcd, muster's own store and its control process, and what may befall them. */
export interface WorldOptions {
  readonly size: number;
  readonly bootstrap: 'static' | 'seed';
  /** As in the cluster file. */
  readonly replaceAfterMs?: number | undefined;
}

export function openWorld(chance: Chance, { size, bootstrap, replaceAfterMs }: WorldOptions) {
  const time = openTimeline();
  const startMs = time.now();
  const network = openNetwork(time.now);
  const harms: string[] = [];
  /** What happened, for whoever looks into a seed. */
  const tale: string[] = [];
  const tell = (what: string) => {
    if (tale.at(-1)?.endsWith(what) !== true) tale.push(`${time.now() - startMs} ms: ${what}`);
  };
  const { linkedSince } = network;
  const onHarm = (what: string) => void harms.push(what);
  const etcd = openEtcdModel({ now: time.now, chance, linkedSince, onHarm });
  const machines = new Map<string, MachineModel>();
  const hitFounders = new Set<string>();
  const controls: ControlModel[] = [];

  const registry = openRegistryModel({
    time,
    chance,
    onOrder(name, { kind }) {
      tell(`${name} is ordered to ${kind}`);
      if (kind === 'wipe') asked.wipes += 1;
      machines.get(name)?.order();
    },
    onEvent: ({ kind, machine, memberId, reason }) => tell(`${kind} ${machine} ${memberId}: ${reason}`),
  });
  const names = Array.from({ length: size }, (_, index) => `m${index + 1}`);
  for (const name of names) {
    const machine: MachineModel = openMachineModel({
      name,
      time,
      chance,
      etcd,
      isHeard: () => linkedSince(control, name) !== undefined,
      report: (report) => registry.report(name, report),
      standingOrder: () => registry.orderOf(name),
    });
    machines.set(name, machine);
  }
  const all = [...machines.values()];

  const wanted = {
    bootstrap,
    size,
    replaceAfterMs,
    members: names.map((name) => ({ name, id: idOf(name), peerUrls: [`http://${name}:2380`] })),
  };
  const saveSnapshot = async (): Promise<SnapshotSource> => {
    const entry = newestCommit();
    if (entry === undefined) throw fail('etcd/no-leader');
    return addSnapshot(entry);
  };
  const addSnapshot = (entry: LogEntry): SnapshotSource => {
    etcd.snapshots.push(entry);
    return { path: String(etcd.snapshots.length - 1), sha256: 'aa', revision: entry.index };
  };

  /** What the cluster has agreed upon, as one who sees all disks knows it. */
  const newestCommit = (): LogEntry | undefined => {
    const commits = all.flatMap((machine) => machine.disk()?.commit ?? []).filter(({ index }) => index > 0);
    return commits.reduce<LogEntry | undefined>(
      (best, entry) => (best === undefined || isNewer(entry, best) ? entry : best),
      undefined,
    );
  };
  /** What the operator lets go after a time is given up for lost. */
  const isGivenUp = (machine: MachineModel) =>
    replaceAfterMs !== undefined && time.now() - machine.heardAt() >= replaceAfterMs;
  const isWhole = (memberId: string) => all.some((machine) => machine.holds(memberId) && !isGivenUp(machine));
  const asked = { changes: 0, wipes: 0 };

  const tick = () => {
    etcd.tick();
    for (const machine of all) machine.heardAt();
    if (chance.is(0.3)) etcd.write();
    time.after(100, tick);
  };
  tick();

  return {
    time,
    network,
    etcd,
    registry,
    machines,
    names,
    harms,
    tale,
    /** How often changes of the member list were asked for, and disks ordered to be wiped. */
    asked,
    addSnapshot,
    newestCommit,

    /** Whether a quorum of disks would still be there without the one of this machine. */
    canLoseDisk(name: string): boolean {
      const entry = newestCommit();
      if (entry === undefined) {
        const hit = new Set([...hitFounders, name]).size;
        return bootstrap === 'static' && hit <= Math.floor((size - 1) / 2);
      }
      const isKept = ({ id }: StoreMember) =>
        all.some((machine) => machine.name !== name && machine.holds(id));
      // A learner may be given its vote any moment, and what is lost with it is a voter's disk then.
      return [votersOf(entry), entry.members].every(
        (voters) => voters.filter(isKept).length > voters.length / 2,
      );
    },

    /** Whether no member has heard of another yet. */
    isUnborn: () =>
      registry.latest().store?.phase !== 'formed' &&
      etcd.acknowledged.size === 0 &&
      etcd.running().every((one) => etcd.leaderFor(one) === undefined),

    /** Off, and on again later, with or without its disk, with the same address or another. */
    reboot(name: string, ms: number, isWiped: boolean, peerUrl?: string): void {
      const machine = machines.get(name);
      if (machine === undefined) return;
      if (newestCommit() === undefined) hitFounders.add(name);
      tell(`${name} is off for ${ms} ms${isWiped ? ' and loses its disk' : ''} ${peerUrl ?? ''}`);
      machine.turnOff(isWiped);
      machine.expire();
      time.after(ms, () => machine.turnOn(peerUrl));
    },

    /** A second machine says that it is this one, and that its disk is empty. */
    impersonate(name: string): void {
      tell(`another machine says that it is ${name}`);
      registry.report(name, {
        disk: { kind: 'empty', nonce: chance.hex(16) },
        process: { kind: 'stopped' },
        version: '3.5.16',
        peerUrls: [`http://${name}:2380`],
        clientUrls: [`http://${name}:2379`],
        order: 0,
      });
    },

    cut(group: readonly string[], ms: number): void {
      const rest = [...names, control].filter((name) => !group.includes(name));
      tell(`${group.join(', ')} are cut off for ${ms} ms`);
      network.cut(group, rest, time.now() + ms);
      for (const name of names) machines.get(name)?.expire();
      time.after(ms, () => {
        for (const machine of all) machine.heardAgain();
      });
    },

    /** All can talk to all. */
    healNetwork(): void {
      network.healAll();
      for (const machine of all) machine.heardAgain();
    },

    newControl(): void {
      const connect = (machine: string, takeTime: () => Promise<void>) => {
        const onAsked = () => {
          asked.changes += 1;
        };
        const travel = async () => {
          await takeTime();
          if (linkedSince(control, machine) === undefined)
            throw fail('etcd/unavailable', { endpoint: machine, reason: 'no route' });
        };
        return openModelClient(
          { etcd, chance, now: time.now, linkedSince, travel, isWhole, onAsked, onHarm },
          machine,
        );
      };
      tell('a control process leads');
      controls.push(startControl({ time, chance, registry, wanted, connect, tell, saveSnapshot }));
    },
    crashControl(): void {
      tell('the control process dies');
      controls.at(-1)?.crash();
    },
    stallControl(ms: number): void {
      tell(`the control process does nothing for ${ms} ms`);
      controls.at(-1)?.stall(ms);
    },
    close() {
      for (const one of controls) one.crash();
    },
  };
}
