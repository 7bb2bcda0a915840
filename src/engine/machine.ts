// SPDX-License-Identifier: Apache-2.0

import type { MachineLife, MachineOrder } from '../registry/index.js';

/** What can happen to a machine. */
export type MachineEvent =
  /** An operator's order that was not carried out yet; `order` is its mod revision. */
  | { readonly kind: 'ordered'; readonly want: MachineOrder['want']; readonly order: number }
  /** The cluster file does not name it any more. */
  | { readonly kind: 'dropped' }
  /** The provider carried out an order. */
  | { readonly kind: 'powered-on'; readonly order: number; readonly hasStarted: boolean }
  | { readonly kind: 'powered-off'; readonly order: number }
  | { readonly kind: 'power-cycled'; readonly order: number }
  | { readonly kind: 'destroyed' }
  /** The provider could not. */
  | { readonly kind: 'failed'; readonly order: number; readonly reason: string }
  /** The provider saw it end by itself. */
  | { readonly kind: 'ended'; readonly reason: string }
  /** Its agent is registered. */
  | { readonly kind: 'announced'; readonly bootId: string }
  /** Its agent is registered and says that it is going. */
  | { readonly kind: 'leaving' }
  /** It is not registered. */
  | { readonly kind: 'unannounced' };

/** What is to be done at the provider. */
export type MachineAction = 'power-on' | 'power-off' | 'power-cycle' | 'destroy';

export interface MachineStep {
  /** `undefined`: forget the machine. The very object from before when nothing changed. */
  readonly life: MachineLife | undefined;
  readonly action?: MachineAction;
}

export const absentLife: MachineLife = {
  state: 'absent',
  since: 0,
  reason: '',
  lastSeen: 0,
  handledOrder: 0,
  bootId: '',
  isBootOver: true,
};

/**
 * The life cycle of a machine: the state an event leads to, and what has to be done. Pure; `now` is in
 * milliseconds since 1970. An order counts as handled only by the event that reports its outcome, so an
 * engine that dies in between carries it out again.
 */
export function stepMachine(life: MachineLife, event: MachineEvent, now: number): MachineStep {
  switch (event.kind) {
    case 'ordered':
      return event.order > life.handledOrder ? { life, action: actionFor(life, event.want) } : { life };
    case 'dropped':
      return { life: life.state === 'gone' ? life : become(life, 'gone', now), action: 'destroy' };
    case 'destroyed':
      return { life: undefined };
    case 'powered-on':
      return { life: { ...stepPoweredOn(life, event.hasStarted, now), handledOrder: event.order } };
    case 'power-cycled':
      return { life: { ...become(life, 'rebooting', now), handledOrder: event.order, isBootOver: true } };
    case 'powered-off':
      return {
        life: { ...become(life, 'created', now, 'powered off'), handledOrder: event.order, isBootOver: true },
      };
    case 'failed':
      return { life: { ...become(life, 'lost', now, event.reason), handledOrder: event.order } };
    case 'ended':
      return {
        life: isExpectedUp(life) ? { ...become(life, 'lost', now, event.reason), isBootOver: true } : life,
      };
    case 'announced':
      return { life: stepAnnounced(life, event.bootId, now) };
    case 'leaving':
      if (life.state !== 'joined') return { life };
      return { life: { ...become(life, 'lost', now, 'its agent was stopped'), isBootOver: true } };
    case 'unannounced':
      if (life.state !== 'joined') return { life };
      return { life: become(life, 'lost', now, 'no sign of life for the length of its lease') };
    default:
      return event satisfies never;
  }
}

function actionFor(life: MachineLife, want: MachineOrder['want']): MachineAction {
  switch (want) {
    case 'on':
      // Silent, but not known to have ended: it may hang, and powering on what is on does nothing.
      return life.state === 'lost' && !life.isBootOver ? 'power-cycle' : 'power-on';
    case 'off':
      return 'power-off';
    case 'reboot':
      return 'power-cycle';
    default:
      return want satisfies never;
  }
}

function become(life: MachineLife, state: MachineLife['state'], now: number, reason = ''): MachineLife {
  return { ...life, state, since: now, reason, lastSeen: life.state === 'joined' ? now : life.lastSeen };
}

function isExpectedUp(life: MachineLife): boolean {
  return life.state === 'joined' || life.state === 'booting' || life.state === 'rebooting';
}

/** A machine that was on already, and has joined, goes on. */
function stepPoweredOn(life: MachineLife, hasStarted: boolean, now: number): MachineLife {
  if (hasStarted) return { ...become(life, 'booting', now), isBootOver: true };
  return life.state === 'joined' ? life : become(life, 'booting', now);
}

/** A registration outlives its machine by up to a lease, so one of a boot that is over is no sign of life. */
function stepAnnounced(life: MachineLife, bootId: string, now: number): MachineLife {
  const isSameBoot = life.bootId === bootId;
  if (life.state === 'gone' || (isSameBoot && (life.isBootOver || life.state === 'joined'))) return life;
  return { ...become(life, 'joined', now), lastSeen: now, bootId, isBootOver: false };
}
