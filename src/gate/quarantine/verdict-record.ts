/** The verdicts on refused content, kept in the store as one ConfigMap: a restarted gate does not try again what it knows. */

import { isJsonObject, type Json, type JsonObject } from "#base/json.ts";
import { resourceOf } from "#envoy/encode.ts";
import { isPassing } from "#envoy/refusal.ts";
import { type Relations, type ResourceName, type ResourceType, typeUrls } from "#envoy/resource.ts";
import { type ConfigMap, configMapKind } from "#kinds/config-map.ts";
import { read } from "#kinds/kind.ts";
import type { ObjectKey } from "#kinds/object.ts";
import { coalesced } from "#status/coalesced.ts";
import { type ObjectStore, StoreError } from "#store/object-store.ts";
import type { Verdict } from "#xds/quarantine/quarantine.ts";

/** Where the record is. */
export interface VerdictPlace {
  readonly store: ObjectStore;
  readonly namespace: string;
}

function keyIn({ namespace }: VerdictPlace): ObjectKey {
  return { kind: configMapKind.id, namespace, name: "sekisho-quarantine" };
}

/** A substitute above this size is not kept: a proxy that has it keeps it. */
const longestSubstitute = 64 * 1024;

/** What an earlier run knew. What cannot be read is left out. */
export async function loadVerdicts(place: VerdictPlace): Promise<readonly Verdict[]> {
  const object = await place.store.get(keyIn(place));
  if (object === undefined) return [];
  const { value } = read<ConfigMap>(configMapKind, object);
  return Object.values(value?.data ?? {}).flatMap((text) => parseVerdict(text) ?? []);
}

/** Brings the record to what holds now; calls during a write become one more write. */
export function createVerdictRecord(
  place: VerdictPlace,
  verdicts: () => readonly Verdict[],
): () => Promise<void> {
  const { store } = place;
  const key = keyIn(place);
  return coalesced(async () => {
    const entries = verdicts()
      // What was in the way of this run need not be in the way of the next one.
      .filter(({ message }) => !isPassing(message))
      .map((verdict, index) => [`${index}`, formatVerdict(verdict)] as const);
    if (entries.length > 0) {
      const metadata = { namespace: key.namespace, name: key.name };
      const body = { data: Object.fromEntries(entries) };
      await store.apply({ apiVersion: "v1", kind: "ConfigMap", metadata, body });
      return;
    }
    try {
      await store.remove(key);
    } catch (error) {
      // There was none: that is what is wanted.
      if (!(error instanceof StoreError && error.code === "not-found")) throw error;
    }
  });
}

function formatVerdict({ substitute, ...verdict }: Verdict): string {
  // A secret's content holds its private key: what a proxy has of it stays there.
  if (substitute === undefined || substitute.type === "secret") {
    return JSON.stringify({ ...verdict, keeps: verdict.keeps || substitute !== undefined });
  }
  const { bytes, sent: _, ...rest } = substitute;
  if (bytes.length > longestSubstitute) return JSON.stringify({ ...verdict, keeps: true });
  const encoded = { ...rest, bytes: Buffer.from(bytes).toString("base64") };
  return JSON.stringify({ ...verdict, substitute: encoded });
}

function parseVerdict(text: string): Verdict | undefined {
  const json = parseJson(text);
  if (json === undefined || !isJsonObject(json)) return undefined;
  const name = parseName(json);
  const { envoy, version, message, part, substitute, keeps } = json;
  if (name === undefined || typeof envoy !== "string" || typeof version !== "string") {
    return undefined;
  }
  const offered = substitute === undefined ? undefined : parseSubstitute(substitute);
  return {
    ...name,
    envoy,
    version,
    message: typeof message === "string" ? message : "",
    keeps: keeps === true,
    ...(typeof part === "string" ? { part } : {}),
    ...(offered === undefined ? {} : { substitute: offered }),
  };
}

function parseSubstitute(json: Json): Verdict["substitute"] {
  if (!isJsonObject(json)) return undefined;
  const name = parseName(json);
  const { bytes } = json;
  if (name === undefined || typeof bytes !== "string") return undefined;
  return resourceOf({ ...name, ...parseRelations(json) }, Buffer.from(bytes, "base64"));
}

function parseRelations({ needs, uses, protections }: JsonObject): Relations {
  const names = (list: Json | undefined): readonly ResourceName[] =>
    Array.isArray(list)
      ? list.flatMap((one) => (isJsonObject(one) ? (parseName(one) ?? []) : []))
      : [];
  const texts = Array.isArray(protections) ? protections : [];
  return {
    needs: names(needs),
    uses: names(uses),
    protections: texts.flatMap((one) => (typeof one === "string" ? [one] : [])),
  };
}

function parseName({ type, name }: JsonObject): ResourceName | undefined {
  const known = typeof type === "string" && Object.hasOwn(typeUrls, type);
  return known && typeof name === "string" ? { type: type as ResourceType, name } : undefined;
}

function parseJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    // Somebody edited the record: this entry says nothing, and what it was about is tried again.
    return undefined;
  }
}
