// SPDX-License-Identifier: Apache-2.0

import type { UserDataSource } from './user-data-source.js';

/** One file of an image, as the operator named it. */
export type ImageFile =
  /** Relative to the cluster file, or absolute; its checksum in lower-case hex, where the operator wrote one. */
  | { readonly kind: 'path'; readonly path: string; readonly sha256: string | undefined }
  /** Fetched once by the control process; what has another checksum is not served. */
  | { readonly kind: 'url'; readonly url: string; readonly sha256: string };

export const systemConfigs = ['cloud-config', 'flatcar', 'fcos'] as const;

/** What a system reads when it boots: cloud-config, or Ignition, made for Flatcar or Fedora CoreOS. */
export type SystemConfig = (typeof systemConfigs)[number];

/** What machines boot: kernel, initrds and arguments. */
export type ImageSpec =
  /** Built by `muster image build`; its arguments come before `args`. */
  | {
      readonly kind: 'built';
      readonly name: string;
      readonly args: readonly string[];
      readonly reads: SystemConfig;
    }
  | {
      readonly kind: 'files';
      readonly kernel: ImageFile;
      /** In the order in which the kernel sees them joined. */
      readonly initrds: readonly ImageFile[];
      readonly args: readonly string[];
      readonly reads: SystemConfig;
    };

/** What machines boot that have the labels of `selector`. */
export interface ProfileSpec {
  readonly name: string;
  /** Labels that a machine must have, all of them; empty: every machine. `mac` and `uuid` in one notation. */
  readonly selector: Readonly<Record<string, string>>;
  /** Nothing: the cluster's. */
  readonly image: ImageSpec | undefined;
  /** After those of the image. */
  readonly args: readonly string[];
  /** Nothing: as the image says. */
  readonly reads: SystemConfig | undefined;
  /** Replaces (`file`) or is laid over (`inline`) the cluster's user-data; a machine's own comes after it. */
  readonly userData: UserDataSource | undefined;
}
