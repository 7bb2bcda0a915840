// SPDX-License-Identifier: Apache-2.0

import type { BootMachine, BootPlan, BootProfile } from './plan.js';

/**
 * What the agent of a machine reads from its kernel command line, after the arguments of its profile. Values
 * are URI-encoded where they could hold a blank or iPXE's `${`; metadata is `key=value,key2=value2` with each
 * key and value encoded by itself, so that a comma in a value stays one.
 */
export function kernelArguments(
  machine: BootMachine,
  profile: BootProfile,
  plan: BootPlan,
): readonly string[] {
  const { facts } = machine;
  return [
    ...(profile.image.kind === 'ready' ? profile.image.args : []),
    ...profile.args,
    ...machine.args,
    ...userDataArguments(machine, profile, plan),
    `systemd.machine_id=${machine.machineId}`,
    `systemd.hostname=${facts.hostname}`,
    `muster.name=${encodeURIComponent(machine.name)}`,
    `muster.etcd=${plan.etcdEndpoints.join(',')}`,
    ...storeArguments(machine, plan),
    `muster.ttl=${plan.agentTtlSeconds}`,
    `muster.private_ipv4=${encodeURIComponent(facts.privateIpv4)}`,
    `muster.public_ipv4=${encodeURIComponent(facts.publicIpv4)}`,
    ...(facts.privateIpv6 === '' ? [] : [`muster.private_ipv6=${encodeURIComponent(facts.privateIpv6)}`]),
    ...(facts.publicIpv6 === '' ? [] : [`muster.public_ipv6=${encodeURIComponent(facts.publicIpv6)}`]),
    `muster.metadata=${encodeMetadata(machine.metadata)}`,
  ];
}

function storeArguments(machine: BootMachine, plan: BootPlan): readonly string[] {
  if (machine.storeProgram !== '') return [`muster.store_member=${encodeURIComponent(machine.storeProgram)}`];
  return plan.storeEndpoints.length === 0 ? [] : [`muster.store=${plan.storeEndpoints.join(',')}`];
}

/**
 * Where the system finds its configuration. Ignition acts at the first boot only: by these words every boot is one,
 * as it is for a machine without a disk.
 *
 * Source: flatcar.org, "Migration from CoreOS"; fedora-coreos-docs, live-booting.adoc.
 */
function userDataArguments(machine: BootMachine, profile: BootProfile, plan: BootPlan): readonly string[] {
  const { reads } = profile;
  const urlOf = (path: 'user-data' | 'ignition') => userDataUrl(machine, profile, plan, path);
  if (reads === 'cloud-config') return [`cloud-config-url=${urlOf('user-data')}`];
  const first =
    reads === 'flatcar' ? ['coreos.first_boot=1'] : ['ignition.firstboot', 'ignition.platform.id=metal'];
  return [...first, `ignition.config.url=${urlOf('ignition')}`];
}

/** The MAC with dashes: the iPXE of 2019 takes whatever stands before a colon for a scheme. */
function userDataUrl(
  machine: BootMachine,
  profile: BootProfile,
  plan: BootPlan,
  path: 'user-data' | 'ignition',
): string {
  const which = plan.profiles.length > 1 ? `&profile=${profile.name}` : '';
  const mac = encodeURIComponent(machine.marks.mac.replaceAll(':', '-'));
  return `${plan.controlUrl}/${path}?mac=${mac}&uuid=${encodeURIComponent(machine.marks.uuid)}${which}`;
}

function encodeMetadata(metadata: Readonly<Record<string, string>>): string {
  return Object.entries(metadata)
    .map(([key, value]) => `${encodeURIComponent(key)}=${encodeURIComponent(value)}`)
    .join(',');
}
