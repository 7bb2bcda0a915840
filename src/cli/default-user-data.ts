// SPDX-License-Identifier: Apache-2.0

/** The name under which the registry keeps the user-data of a cluster file that names none. */
export const defaultUserDataPath = '(default)';

/**
 * What every machine gets when the cluster file names no user-data, and what `muster init` writes to start from: the
 * article's basic cloud-config.
 */
export const defaultUserData = `#cloud-config
# What every machine of the cluster applies when it boots. Every key is optional. $private_ipv4 and $public_ipv4
# become the machine's own addresses.

# hostname: my-machine        # default: the machine's name and the cluster's domain
# ssh_authorized_keys:
#   - ssh-ed25519 AAAA... me@home
# write_files:
#   - path: /etc/motd
#     permissions: '0644'
#     content: |
#       this is $private_ipv4

coreos:
  etcd2:
    # The cluster's store, at the usual address on each machine.
    listen-client-urls: http://0.0.0.0:2379
    proxy: on
  fleet:
    public-ip: "$public_ipv4"
  units:
    - name: etcd2.service
      command: start
    - name: fleet.service
      command: start
    # - name: hello.service
    #   command: start
    #   content: |
    #     [Service]
    #     ExecStart=/bin/sh -c 'while true; do echo hello; sleep 60; done'
`;
