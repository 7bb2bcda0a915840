// SPDX-License-Identifier: Apache-2.0

import { type DataPath, type DataProblem, quoteValue } from '../../spec/index.js';
import { cloudFiles } from './cloud-files.js';
import { type CloudPart, withoutEqual } from './cloud-part.js';
import { cloudUnits } from './cloud-units.js';
import { cloudUsers } from './cloud-users.js';
import { fillScriptPath, fillUnit } from './fill-variables.js';
import type { IgnitionConfig } from './schema.js';

/** An Ignition config as keys of cloud-config, as far as they have an equal. */
export function fromIgnition(config: IgnitionConfig): CloudPart {
  const { storage, systemd } = config;
  const isFilled = (systemd?.units ?? []).some(({ name }) => name === fillUnit);
  const files = (storage?.files ?? []).filter(({ path }) => !isFilled || path !== fillScriptPath);
  const written = cloudFiles(files, { all: storage?.files ?? [], hasVariables: isFilled });
  const users = cloudUsers(config.passwd?.users ?? []);
  const units = cloudUnits(systemd?.units ?? []);
  const coreos = { ...written.coreos, ...units.data };
  return {
    data: {
      ...written.data,
      ...users.data,
      ...(Object.keys(coreos).length > 0 && { coreos }),
    },
    problems: [...findWithoutEqual(config), ...written.problems, ...users.problems, ...units.problems],
  };
}

/** What only Ignition does, since it runs before the system. */
function findWithoutEqual(config: IgnitionConfig): readonly DataProblem[] {
  const { ignition, storage, passwd, kernelArguments } = config;
  const early =
    'cloud-config is applied when the system runs: leave it to Ignition, or to how the system is installed';
  const lists: readonly (readonly [DataPath, unknown, string])[] = [
    [['ignition', 'config'], ignition.config, 'write what the other config holds into this one'],
    [['ignition', 'timeouts'], ignition.timeouts, 'nothing is fetched then'],
    [['ignition', 'security'], ignition.security, 'nothing is fetched then'],
    [['ignition', 'proxy'], ignition.proxy, 'nothing is fetched then'],
    [['storage', 'disks'], storage?.disks, early],
    [['storage', 'raid'], storage?.raid, early],
    [['storage', 'filesystems'], storage?.filesystems, early],
    [['storage', 'luks'], storage?.luks, early],
    [['storage', 'directories'], storage?.directories, 'a directory comes with the first file in it'],
    [['storage', 'links'], storage?.links, 'write the file itself, or a unit that runs ln'],
    [['passwd', 'groups'], passwd?.groups, 'make it with a unit that runs groupadd'],
    [['kernelArguments'], kernelArguments, 'write them where the system is booted'],
  ];
  return lists.flatMap(([path, value, hint]) =>
    isEmpty(value)
      ? []
      : [withoutEqual(path, `cloud-config has nothing for ${quoteValue(path.at(-1))}`, hint, 'key')],
  );
}

function isEmpty(value: unknown): boolean {
  if (value === undefined) return true;
  return typeof value === 'object' && value !== null && Object.values(value).every(isEmpty);
}
