// SPDX-License-Identifier: Apache-2.0

/**
 * bootstrap: how a machine finds its cluster and reaches it. Today the local proxy, for machines that are
 * no members; discovery, seeding and DNS have their place here.
 */
export { bootstrapErrors } from './errors.js';
export { type ProxyDeps, type ProxyOptions, runProxy } from './proxy.js';
