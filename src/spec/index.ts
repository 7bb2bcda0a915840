// SPDX-License-Identifier: Apache-2.0

/**
 * spec: cluster file text becomes one complete, checked `ClusterSpec`.
 *
 *   text → YAML with positions → plain data → fields checked one by one → clashes between fields → ClusterSpec
 *
 * It hides YAML, positions, defaults and the wording of problems. It reads no file, asks no network and knows no
 * provider: what other rooms understand (provider options, cloud-config keys) goes to the parsers passed in.
 * `openYaml`, `readYaml` and `checkYaml` are the one way in which muster reads YAML that people edit.
 */
export { type AddedMachine, type AddResult, addMachine } from './add-machine.js';
export type { ImageFile, ImageSpec, ProfileSpec, SystemConfig } from './boot-spec.js';
export {
  type CheckOptions,
  type CheckResult,
  checkData,
  type DataProblem,
  isUnknownKey,
} from './check-data.js';
export { clusterFileSchema } from './cluster-file-schema.js';
export type {
  BackupSpec,
  ClusterFileResult,
  ClusterSpec,
  MachineSpec,
  OptionParser,
  OptionProblem,
} from './cluster-spec.js';
export { type DataPath, parsePath, quoteValue } from './data-path.js';
export { diffSpec, type SpecChange } from './diff-spec.js';
export { hintForName } from './nearest-name.js';
export { type ClusterFileOptions, parseClusterFile } from './parse-cluster-file.js';
export { checkYaml, placeProblems, type ReadResult, readYaml, sortIssues } from './read-yaml.js';
export { type ClusterFileTemplate, renderClusterFile } from './render-cluster-file.js';
export { type ReplaceResult, replaceMachine } from './replace-machine.js';
export { inputSchema, type JsonSchema, told } from './schema-hint.js';
export { setImage } from './set-image.js';
export type { UserDataSource } from './user-data-source.js';
export {
  openYaml,
  type YamlDocument,
  type YamlOptions,
  type YamlPlace,
  type YamlResult,
} from './yaml-document.js';
