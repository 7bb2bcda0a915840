// SPDX-License-Identifier: Apache-2.0

/**
 * One task at a time per name, in the order of the calls; tasks of different names run side by side. A task
 * that fails holds up nobody.
 */
export function openLanes(): <T>(name: string, task: () => Promise<T>) => Promise<T> {
  const lanes = new Map<string, Promise<unknown>>();
  return async (name, task) => {
    const before = lanes.get(name);
    const mine = before === undefined ? task() : before.then(task, task);
    lanes.set(name, mine);
    try {
      return await mine;
    } finally {
      if (lanes.get(name) === mine) lanes.delete(name);
    }
  };
}
