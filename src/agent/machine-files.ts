// SPDX-License-Identifier: Apache-2.0

/** A file, or a link, of a machine's system. */
export type MachineFile =
  | { readonly path: string; readonly content: string }
  | { readonly path: string; readonly target: string };

const folder = '/usr/lib/systemd/system';

/**
 * What a system needs to be a machine of muster, beside muster itself: units for the agent, and those that the article's
 * user-data starts. They are the vendor's, below all that a user-data writes. Pure.
 *
 * The agent counts as started once the machine is configured but for its units, so that whatever waits for the network to be
 * online waits for that, and what a user-data starts may wait for the network in turn. Neither etcd nor the agent is
 * ended by the other's restart.
 *
 * @param program how muster is started: absolute paths, with no blank in them
 */
export function machineFiles(program: readonly string[]): readonly MachineFile[] {
  const muster = program.join(' ');
  return [
    { path: `${folder}/muster-agent.service`, content: agentUnit(muster) },
    { path: `${folder}/multi-user.target.wants/muster-agent.service`, target: '../muster-agent.service' },
    { path: `${folder}/etcd2.service`, content: etcdUnit(muster) },
    { path: `${folder}/etcd-member.service`, target: 'etcd2.service' },
    { path: `${folder}/fleet.service`, content: fleetUnit },
  ];
}

function agentUnit(muster: string): string {
  return `[Unit]
Description=muster: configures this machine and keeps it registered
After=network.target systemd-networkd.service
Before=network-online.target
StartLimitIntervalSec=0

[Service]
Type=notify
NotifyAccess=all
ExecStart=${muster} agent
Restart=always
RestartSec=2
TimeoutStartSec=infinity
TimeoutStopSec=20
KillMode=mixed
OOMScoreAdjust=-500
StandardOutput=journal+console

[Install]
WantedBy=multi-user.target
`;
}

/**
 * The member's own rules say when etcd is started and when never again; systemd starts the keeper of these rules anew
 * when it crashed, not when there is no etcd that it could run (78).
 */
function etcdUnit(muster: string): string {
  return `[Unit]
Description=etcd: member of the cluster, or the way to it
After=network.target muster-agent.service

[Service]
Type=notify
NotifyAccess=all
ExecStart=${muster} agent --unit etcd2.service
Restart=on-failure
RestartSec=5
RestartPreventExitStatus=78
TimeoutStartSec=infinity
TimeoutStopSec=30
KillMode=mixed
OOMScoreAdjust=-500
LimitNOFILE=40000

[Install]
WantedBy=multi-user.target
Alias=etcd-member.service
`;
}

const fleetUnit = `[Unit]
Description=fleet: what it did is done by the agent of muster
After=muster-agent.service

[Service]
Type=oneshot
ExecStart=/bin/true
RemainAfterExit=yes

[Install]
WantedBy=multi-user.target
`;
