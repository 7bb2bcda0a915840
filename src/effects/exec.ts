// SPDX-License-Identifier: Apache-2.0

/** How a process ended: exactly one of the two is set. */
export interface Exit {
  readonly code: number | undefined;
  /** `SIGKILL` and the like. */
  readonly signal: string | undefined;
}

export interface RunResult extends Exit {
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd?: string;
  /** The whole environment of the child; the caller's when left out. */
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  readonly signal?: AbortSignal;
}

export interface SpawnOptions {
  readonly cwd?: string;
  /** The whole environment of the child. */
  readonly env: Readonly<Record<string, string>>;
  /** Standard output and error are appended to this file; both are dropped when left out. */
  readonly logFile?: string;
  /** Gets each line of standard output and error too, as it comes; `exited` then resolves after the last one. */
  readonly onLine?: (line: string) => void;
  /** Leads a session of its own and outlives the caller. Otherwise the kernel ends it with the caller, on Linux. */
  readonly isDetached?: boolean;
}

export interface Child {
  readonly pid: number;
  readonly exited: Promise<Exit>;
  /** Signals the child and all of its process group; nothing happens when it is gone. */
  kill(signal: 'SIGTERM' | 'SIGKILL' | 'SIGINT' | 'SIGHUP'): void;
}

/** A running process as the kernel's table shows it. */
export interface ProcessSighting {
  readonly pid: number;
  /** Tells two processes apart that had the same pid: the kernel's start time, opaque. */
  readonly startedAt: string;
}

/** Processes as a parameter. */
export interface Exec {
  /** Runs to the end. A program that cannot be started is thrown as Node's error; exit codes are values. */
  run(command: string, args: readonly string[], options?: RunOptions): Promise<RunResult>;
  /** Starts and returns once it runs. Each child leads its own process group. */
  spawn(command: string, args: readonly string[], options: SpawnOptions): Promise<Child>;
  /** The process with this pid, or `undefined`. */
  sight(pid: number): Promise<ProcessSighting | undefined>;
  /** Processes of this user whose environment holds `name=value`; empty where the kernel does not tell. */
  findByEnvironment(name: string, value: string): Promise<readonly ProcessSighting[]>;
  /** Signals one process, if it is still the one that was seen. */
  signal(sighting: ProcessSighting, signal: 'SIGTERM' | 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): Promise<void>;
}
