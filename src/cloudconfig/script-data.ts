// SPDX-License-Identifier: Apache-2.0

/** Where a script goes, and the unit that runs it: systems of today run none by themselves. */
export const scriptPath = '/etc/muster/user-data';
export const scriptUnit = 'muster-user-data.service';

/**
 * A script as cloud-config keys: a file, and a unit that runs it at each boot, as coreos-cloudinit did.
 *
 * Source: coreos-cloudinit f1f0405, initialize/workspace.go and user_data.go.
 */
export function scriptData(text: string): Readonly<Record<string, unknown>> {
  const content = [
    '[Unit]',
    'Description=Run the script of the user-data',
    'Wants=network-online.target',
    'After=network-online.target',
    '[Service]',
    'Type=oneshot',
    'RemainAfterExit=yes',
    `ExecStart=/bin/bash ${scriptPath}`,
    '[Install]',
    'WantedBy=multi-user.target',
    '',
  ].join('\n');
  return {
    write_files: [{ path: scriptPath, permissions: '0744', content: text }],
    coreos: { units: [{ name: scriptUnit, enable: true, command: 'start', content }] },
  };
}
