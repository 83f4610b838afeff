/** Objects whose owners are all gone go too (Kubernetes documentation, "Garbage Collection"). */

import type { StagedChange, StoreState } from "./staged-change.ts";

/** Adds to a change the removal of everything that it orphans, and of what that orphans in turn. */
export function collectOrphans(state: StoreState, change: StagedChange, stamp: string): void {
  const pending = [...change.touched()];
  for (let key = pending.pop(); key !== undefined; key = pending.pop()) {
    const before = state.objects.get(key);
    if (before === undefined || change.object(key)?.metadata.uid === before.metadata.uid) continue;
    for (const dependent of state.dependents.get(before.metadata.uid)) {
      if (!isOrphan(state, change, dependent)) continue;
      dropRow(change, dependent, stamp);
      pending.push(dependent);
    }
  }
}

/** Removes a stored object, or marks it while finalizers are left. */
export function dropRow(change: StagedChange, key: string, stamp: string): void {
  const row = change.row(key);
  if (row === undefined) return;
  const { metadata } = row.object;
  if (metadata.finalizers.length === 0) change.rows.set(key, undefined);
  else if (metadata.deletionTimestamp === undefined) {
    change.rows.set(key, {
      ...row,
      object: { ...row.object, metadata: { ...metadata, deletionTimestamp: stamp } },
    });
  }
}

/** True when an object had owners and none of them is there any more. */
export function isOrphan(state: StoreState, change: StagedChange, key: string): boolean {
  const object = change.object(key);
  if (object === undefined || object.metadata.ownerReferences.length === 0) return false;
  return object.metadata.ownerReferences.every(({ uid }) => {
    const owner = state.keyOfUid.get(uid);
    return owner === undefined || change.object(owner)?.metadata.uid !== uid;
  });
}

/** True when an object is under deletion and nothing holds it any more. */
export function isReleased(change: StagedChange, key: string): boolean {
  const metadata = change.row(key)?.object.metadata;
  return metadata?.deletionTimestamp !== undefined && metadata.finalizers.length === 0;
}
