// SPDX-License-Identifier: Apache-2.0

import {
  initialMember,
  type MemberAction,
  type MemberEvent,
  type MemberState,
  stepMember,
} from '../../../bootstrap/index.js';
import type { MemberDisk, MemberFinding, MemberReport } from '../../../model/index.js';
import type { StandingOrder } from '../../../registry/index.js';
import type { Chance } from './chance.js';
import type { EtcdDisk, EtcdModel, StartDeps } from './model-etcd.js';
import type { Timeline } from './timeline.js';

export interface MachineModelDeps {
  readonly name: string;
  readonly time: Timeline;
  readonly chance: Chance;
  readonly etcd: EtcdModel;
  /** Whether it can talk to the control process now. */
  readonly isHeard: () => boolean;
  readonly report: (report: MemberReport | undefined) => void;
  readonly standingOrder: () => StandingOrder | undefined;
}

export type MachineModel = ReturnType<typeof openMachineModel>;

/** What a machine said of itself outlives it by so much. */
const leaseMs = 8_000;

/** A machine: the state machine of the real agent, around a disk and an etcd of the model. */
export function openMachineModel(deps: MachineModelDeps) {
  const { name, time, chance, etcd } = deps;
  const state: {
    boot: number;
    isOn: boolean;
    member: MemberState;
    disk: EtcdDisk | undefined;
    /** The data is there and cannot be used. */
    isBroken: boolean;
    timer: number;
    told: number;
    arrived: number;
    heardAt: number;
    peerUrl: string;
  } = {
    boot: 0,
    isOn: false,
    member: initialMember({ kind: 'empty', nonce: '' }),
    disk: undefined,
    isBroken: false,
    timer: 0,
    told: 0,
    arrived: 0,
    heardAt: time.now(),
    peerUrl: `http://${name}:2380`,
  };

  const lose = () => {
    state.disk = undefined;
    state.isBroken = false;
  };

  const onDisk = (): MemberDisk =>
    state.disk === undefined
      ? { kind: 'empty', nonce: chance.hex(16) }
      : { kind: 'data', memberId: state.disk.memberId, clusterId: state.disk.clusterId };

  /** In so many milliseconds, unless the machine was turned off meanwhile. */
  const later = (least: number, most: number, act: () => void) => {
    const { boot } = state;
    time.after(chance.between(least, most), () => {
      if (state.isOn && state.boot === boot) act();
    });
  };

  const tell = () => {
    if (!deps.isHeard()) return;
    state.told += 1;
    const { told } = state;
    const { disk, process, obeyed: order } = state.member;
    const peerUrls = [state.peerUrl];
    const report = { disk, process, version: '3.5.16', peerUrls, clientUrls: [`http://${name}:2379`], order };
    later(10, 400, () => {
      if (told < state.arrived || !deps.isHeard()) return;
      state.arrived = told;
      deps.report(report);
    });
  };

  const send = (event: MemberEvent) => {
    const step = stepMember(state.member, event, time.now());
    const before = state.member;
    state.member = step.state;
    for (const action of step.actions) perform(action);
    const isNews = before.disk !== state.member.disk || before.process !== state.member.process;
    if (isNews || before.obeyed !== state.member.obeyed) tell();
  };

  const perform = (action: MemberAction): void => {
    switch (action.kind) {
      case 'start':
        return start(action.launch);
      case 'terminate':
      case 'kill':
        return later(10, 100, () => {
          if (state.member.doing.kind === 'stopping') ended('unknown');
        });
      case 'wipe':
        return later(10, 100, () => {
          lose();
          send({ kind: 'wiped', disk: onDisk(), failure: '' });
        });
      case 'restore':
        return later(100, 600, () => {
          state.disk = etcd.restore(action.order);
          send({ kind: 'restored', disk: onDisk(), failure: state.disk === undefined ? 'no snapshot' : '' });
        });
      case 'set-timer': {
        state.timer += 1;
        const { timer } = state;
        return later(action.ms, action.ms, () => {
          if (timer === state.timer) send({ kind: 'timer' });
        });
      }
      case 'clear-timer':
        state.timer += 1;
        return;
      case 'cancel-restore':
        return;
      default:
        return action satisfies never;
    }
  };

  const ended = (finding: MemberFinding) => {
    etcd.stop(name);
    send({ kind: 'ended', finding, words: finding, disk: onDisk() });
  };

  const start = (launch: Extract<MemberAction, { readonly kind: 'start' }>['launch']) => {
    const run = state.member.doing;
    const isStill = () => state.member.doing === run;
    const { boot } = state;
    const startDeps: StartDeps = {
      machine: name,
      onServing: () => send({ kind: 'serving' }),
      onEnd: (finding) => {
        if (state.boot === boot) ended(finding);
      },
    };
    later(50, 600, () => {
      if (!isStill()) return;
      if (launch.kind === 'again') {
        if (state.isBroken) return ended('damaged');
        if (state.disk !== undefined) etcd.startAgain(state.disk, startDeps);
        return;
      }
      const born = etcd.startFirst(launch, startDeps);
      if (typeof born === 'string') return ended(born);
      state.disk = born;
      send({ kind: 'born', disk: onDisk() });
    });
  };

  const hear = () => {
    const standing = deps.standingOrder();
    if (standing !== undefined && deps.isHeard()) send({ kind: 'ordered', at: standing });
  };

  return {
    name,
    isOn: () => state.isOn,
    disk: () => state.disk,
    /** The data of this member, good for use. */
    holds: (memberId: string) => state.disk?.memberId === memberId && !state.isBroken,
    peerUrl: () => state.peerUrl,
    /** When it could last be talked to, as of the last time that somebody asked. */
    heardAt() {
      if (state.isOn && deps.isHeard()) state.heardAt = time.now();
      return state.heardAt;
    },
    /** It boots; its address may be another. */
    turnOn(peerUrl = state.peerUrl) {
      if (state.isOn) return;
      state.isOn = true;
      state.boot += 1;
      state.peerUrl = peerUrl;
      state.member = initialMember(onDisk());
      tell();
      later(20, 500, hear);
    },
    /** Power is lost, and with it the disk if it was one of memory. */
    turnOff(isWiped: boolean) {
      if (state.isOn) state.heardAt = time.now();
      state.isOn = false;
      state.boot += 1;
      etcd.stop(name);
      if (isWiped) lose();
    },
    /** Its etcd ends by itself, for good if its data is damaged. */
    endEtcd(isBroken: boolean) {
      if (!state.isOn || etcd.processOn(name) === undefined) return;
      state.isBroken ||= isBroken;
      ended(isBroken ? 'damaged' : 'unknown');
    },
    order: () => later(10, 300, hear),
    /** It can talk to the control process again, or not any more. */
    heardAgain() {
      tell();
      later(10, 300, hear);
    },
    /** Its lease runs out unless it is heard of before. */
    expire() {
      const { told } = state;
      time.after(leaseMs, () => {
        if (state.told === told) deps.report(undefined);
      });
    },
  };
}
