// SPDX-License-Identifier: Apache-2.0

import type { Child, Clock, Exec } from '../../effects/index.js';
import { type Diagnosis, diagnose, type LogSign, lastLineCount, readSign } from './diagnose.js';

/** Marks every etcd of a data dir, so that one that outlived its agent is found. */
const marker = 'MUSTER_MEMBER';

export interface EtcdStart {
  readonly program: string;
  readonly dataDir: string;
  readonly logFile?: string;
  readonly print?: (line: string) => void;
  readonly environment: Readonly<Record<string, string>>;
}

/** One run of etcd, from before it is started. */
export interface EtcdProcess {
  /** Resolves when it has ended; never rejects. `prepare` comes before the start and may stop it by throwing. */
  run(prepare: () => Promise<void>, onSign: (sign: LogSign) => void): Promise<Diagnosis>;
  /** Before it runs: it ends as soon as it runs, or never runs. */
  signal(name: 'SIGTERM' | 'SIGKILL'): void;
}

export function openEtcdProcess(exec: Exec, start: EtcdStart): EtcdProcess {
  let child: Child | undefined;
  let early: 'SIGTERM' | 'SIGKILL' | undefined;
  let lines: readonly string[] = [];
  return {
    async run(prepare, onSign) {
      try {
        await prepare();
        if (early !== undefined) return { finding: 'unknown', words: 'it was not started' };
        child = await exec.spawn(start.program, [], {
          env: { ...start.environment, [marker]: start.dataDir },
          ...(start.logFile === undefined ? {} : { logFile: start.logFile }),
          onLine: (line) => {
            start.print?.(line);
            lines = [...lines.slice(1 - lastLineCount), line];
            const sign = readSign(line);
            if (sign !== undefined) onSign(sign);
          },
        });
        if (early !== undefined) child.kill(early);
        const exit = await child.exited;
        return diagnose(lines, exit);
      } catch (error) {
        return { finding: 'unknown', words: error instanceof Error ? error.message : String(error) };
      }
    },
    signal(name) {
      if (child === undefined) early = name;
      else child.kill(name);
    },
  };
}

const firstLookMs = 5;
const lastLookMs = 200;

/**
 * Ends every etcd that an agent before this one left behind on the data dir. Where the kernel ends children with
 * their parent there is none. Nobody tells when what is no child has ended, so it is looked for.
 */
export async function endLeftEtcd(
  deps: { readonly exec: Exec; readonly clock: Clock },
  dataDir: string,
  signal: AbortSignal,
): Promise<void> {
  for (let pauseMs = firstLookMs; !signal.aborted; pauseMs = Math.min(pauseMs * 2, lastLookMs)) {
    const left = await deps.exec.findByEnvironment(marker, dataDir);
    if (left.length === 0) return;
    for (const sighting of left) await deps.exec.signal(sighting, 'SIGKILL');
    await deps.clock.sleep(pauseMs, signal);
  }
}
