// SPDX-License-Identifier: Apache-2.0

/**
 * identity: who a machine is. Today its stable marks and machine ID; keys, certificates and join secrets
 * have their place here. It decides nothing about what a machine may do.
 */
export { appSpecificId, zincatiApplication } from './app-specific-id.js';
export { type MachineIdentity, machineIdentity } from './machine-identity.js';
