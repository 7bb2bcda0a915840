// SPDX-License-Identifier: Apache-2.0

import type { AnyCommand } from '../command.js';
import { agent } from './agent.js';
import { apply } from './apply.js';
import { backup } from './backup.js';
import { boot } from './boot.js';
import { completion } from './completion.js';
import { config } from './config.js';
import { destroy } from './destroy.js';
import { discovery } from './discovery.js';
import { dns } from './dns.js';
import { down } from './down.js';
import { drill } from './drill.js';
import { events } from './events.js';
import { get } from './get.js';
import { image } from './image.js';
import { init } from './init.js';
import { lock } from './lock.js';
import { logs } from './logs.js';
import { ls } from './ls.js';
import { machine } from './machine.js';
import { machines } from './machines.js';
import { member } from './member.js';
import { reboot } from './reboot.js';
import { recover } from './recover.js';
import { rm } from './rm.js';
import { schema } from './schema.js';
import { serve } from './serve.js';
import { set } from './set.js';
import { ssh } from './ssh.js';
import { status } from './status.js';
import { store } from './store.js';
import { unit } from './unit.js';
import { up } from './up.js';
import { version } from './version.js';
import { watch } from './watch.js';

/** Every command, in the order of the help. */
export const commands: readonly AnyCommand[] = [
  init,
  up,
  status,
  machines,
  machine,
  unit,
  boot,
  image,
  apply,
  config,
  events,
  drill,
  backup,
  recover,
  logs,
  ssh,
  reboot,
  lock,
  down,
  destroy,
  ls,
  get,
  set,
  rm,
  watch,
  serve,
  member,
  store,
  discovery,
  dns,
  agent,
  schema,
  completion,
  version,
];
