// SPDX-License-Identifier: Apache-2.0

/**
 * effects: the outside world as parameters. Each effect is a small record or function type and its one
 * real implementation; what a room needs of them stands in its `deps`. Nothing here knows a room above.
 */
export { type AskDhcp, realAskDhcp } from './ask-dhcp.js';
export { type ByteSource, withFileBytes } from './byte-source.js';
export { type Clock, realClock } from './clock.js';
export { type DialUnix, type LineSocket, realDialUnix } from './dial-unix.js';
export { type Download, type DownloadOptions, realDownload } from './download.js';
export type { Child, Exec, Exit, ProcessSighting, RunOptions, RunResult, SpawnOptions } from './exec.js';
export type { FileStat } from './file-stat.js';
export { type OpenedFile, type OpenFile, realOpenFile } from './file-stream.js';
export { type Files, realFiles, type WriteOptions } from './files.js';
export { type FolderChanges, realFolderChanges } from './folder-changes.js';
export {
  type GetOptions,
  type Handler,
  type HttpAnswer,
  type HttpGet,
  type Listening,
  type ListenOptions,
  listen,
  realHttpGet,
} from './http.js';
export { type Conversation, type ListenTcp, type ListenTcpOptions, realListenTcp } from './listen-tcp.js';
export { type Bound, type ListenUdp, realListenUdp } from './listen-udp.js';
export { type Log, type LogFields, silentLog } from './log.js';
export type { OpenFolder } from './open-folder.js';
export { findRemoteAddress, isOwnCaller } from './peer-address.js';
export { type ProbeTcp, realProbeTcp } from './probe-tcp.js';
export { type Random, randomHex, realRandom } from './random.js';
export { realExec } from './real-exec.js';
export { type HeldName, holdFolder } from './single-instance.js';
export {
  type ForwardRoutes,
  type ForwardTarget,
  type ForwardTcp,
  realForwardTcp,
  type TcpAddress,
} from './tcp.js';
export { timeLimit } from './time-limit.js';
