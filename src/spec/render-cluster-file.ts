// SPDX-License-Identifier: Apache-2.0

export interface ClusterFileTemplate {
  /** `muster` when left out. */
  readonly name?: string;
  /** `local` when left out. */
  readonly provider?: string;
  /** 3 when left out. */
  readonly machines?: number;
  /** Path of a cloud-config file; the line is a comment when left out. */
  readonly userData?: string;
}

/**
 * A cluster file with comments, for an operator to begin with. What is not given is written as its default, so the
 * text without options parses to the default cluster.
 */
export function renderClusterFile(template: ClusterFileTemplate = {}): string {
  const { name = 'muster', provider = 'local', machines = 3, userData } = template;
  const userDataLine =
    userData === undefined ? '# userData: user-data' : `userData: ${quoteIfNeeded(userData)}`;
  return `# The cluster file of muster. Every line is optional; what you see are the defaults.
# "muster schema" prints a JSON Schema, with which editors complete and check this file.

# Tells two clusters on one computer apart: lower-case letters, digits and dashes.
name: ${name}

# DNS domain of the machines: core-01 is core-01.muster.internal.
domain: muster.internal

# Where the cluster keeps its state: in the control process.
store: embedded

# Who makes the machines. Options of a provider stand beside its name:
#   provider:
#     name: ${provider}
#     option: value
provider: ${provider}

# Where the control process listens. Without an address the provider gives one, on loopback for local machines.
control:
  # address: 127.0.0.1
  port: 7979
  etcdPort: 2379

# A machine that is silent for this long is shown as lost.
agentTtl: 10s

# How many machines (core-01, core-02, ...), or a list that describes each:
#   machines:
#     - name: core-01
#       mac: 52:54:00:aa:00:01
#       role: member
#       metadata: {rack: a1}
#     - name: core-02
#       privateIpv4: 10.0.0.12
#       userData:
#         hostname: second
machines: ${machines}

# Configuration for every machine: a cloud-config file beside this one. A machine of the list may have its own
# file, or keys that are laid over this one.
${userDataLine}
`;
}

function quoteIfNeeded(text: string): string {
  return /^[A-Za-z./][\w./-]*$/.test(text) ? text : JSON.stringify(text);
}
