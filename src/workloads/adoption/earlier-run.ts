/** What an earlier run with this data directory left: its pods go on where they can, everything else is ended. */

import { type Known, read } from "#kinds/kind.ts";
import type { KubeObject } from "#kinds/object.ts";
import { type Pod, podKind } from "#kinds/pod.ts";
import type { PodSpec } from "#kinds/pod-template.ts";
import { bootId, ownPid } from "#runtime/processes/process-table.ts";
import type { Outside } from "../containers/container-runner.ts";
import type { ProgramSettings } from "../containers/container-start.ts";
import type { Isolation, PodRequest } from "../isolation/isolation.ts";
import { podMark } from "../isolation/pod-request.ts";
import { endLeftovers } from "../leftovers.ts";
import { type AdoptedPod, adoptPod } from "./adopted-pod.ts";
import { type PodRecord, readPodRecord } from "./pod-record.ts";

export interface EarlierRunSettings {
  /** Below it a directory a pod, by uid. */
  readonly podsDirectory: string;
  /** `NAME=value` in the environment of everything that was started with this data directory. */
  readonly variable: string;
}

/** Records of pods by uid, as they lie on disk. */
export type PodRecords = ReadonlyMap<string, PodRecord>;

/**
 * Ends what belongs to no pod that was written down. In a container nothing outlives process 1, so as that nothing is
 * known.
 */
export async function readEarlierRun(
  outside: Outside,
  settings: EarlierRunSettings,
): Promise<PodRecords> {
  const records =
    (await ownPid(outside.files)) === 1 ? new Map() : await readRecords(outside, settings);
  await endAllBut(outside, settings, [...records.keys()]);
  return records;
}

async function readRecords(
  { files }: Outside,
  { podsDirectory }: EarlierRunSettings,
): Promise<PodRecords> {
  const records = new Map<string, PodRecord>();
  if ((await files.status(podsDirectory)) === undefined) return records;
  const boot = await bootId(files);
  for (const { name } of await files.list(podsDirectory)) {
    const record = await readPodRecord(files, `${podsDirectory}/${name}`);
    if (record !== undefined && record.bootId === boot) records.set(name, record);
  }
  return records;
}

/** Ends the processes of all pods but those of these uids, and removes their directories. */
async function endAllBut(
  outside: Outside,
  { podsDirectory, variable }: EarlierRunSettings,
  uids: readonly string[],
): Promise<void> {
  const { files, log } = outside;
  const kept = uids.map((uid) => `${podMark}=${uid}`);
  const count = await endLeftovers(outside, variable, kept);
  if (count > 0) log.info("processes of an earlier run ended", { count });
  if ((await files.status(podsDirectory)) === undefined) return;
  for (const { name } of await files.list(podsDirectory)) {
    if (!uids.includes(name)) await files.remove(`${podsDirectory}/${name}`);
  }
}

export interface TakeOver {
  readonly records: PodRecords;
  readonly isolation: Isolation;
  readonly programs: ProgramSettings;
  /** What a pod asks of its place. */
  readonly placeRequest: (known: Known<Pod>, spec: PodSpec, address: string) => PodRequest;
  /** Called for each pod that goes on. */
  readonly adopt: (object: KubeObject, adopted: AdoptedPod) => void;
}

/** Hands over those of the `pods` that can go on, and ends what is left of the others. */
export async function takeOverPods(
  outside: Outside,
  settings: EarlierRunSettings,
  pods: readonly KubeObject[],
  how: TakeOver,
): Promise<void> {
  const adopted: string[] = [];
  const found: [KubeObject, AdoptedPod][] = [];
  for (const object of pods) {
    const { uid, namespace, name } = object.metadata;
    const record = how.records.get(uid);
    if (record === undefined) continue;
    const pod = await adoptOne(outside, object, record, how);
    if (typeof pod === "string") {
      outside.log.info("a pod of an earlier run is started anew", { namespace, name, reason: pod });
      continue;
    }
    adopted.push(uid);
    found.push([object, pod]);
  }
  await endAllBut(outside, settings, adopted);
  for (const [object, pod] of found) how.adopt(object, pod);
  if (found.length > 0) outside.log.info("pods of an earlier run go on", { count: found.length });
}

async function adoptOne(
  outside: Outside,
  object: KubeObject,
  record: PodRecord,
  { isolation, programs, placeRequest }: TakeOver,
): Promise<AdoptedPod | string> {
  const known = read(podKind, object);
  if (known.value === undefined) return "its specification cannot be read";
  const request = placeRequest(known, known.value.spec, record.address);
  return await adoptPod(known, record, { outside, isolation, settings: programs, request });
}
