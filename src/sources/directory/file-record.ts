/** What is known of one manifest file: its last good version, which is in force, and what is wrong with it now. */

import { contentHash } from "#base/content-hash.ts";
import type { Finding } from "#base/finding.ts";
import { formatKey, kindId, type ObjectKey } from "#kinds/object.ts";
import { type FileStatus, type Files, FilesError } from "#runtime/files.ts";
import { type FoundFile, isSameVersion, orderOf } from "./directory-tree.ts";
import { type FileVersion, type Locator, versionOf } from "./locator.ts";
import {
  fileFinding,
  type ManifestLimits,
  type ParsedFile,
  parseManifestsInSlices,
  tooLargeFinding,
} from "./manifest.ts";
import { readObjects } from "./manifest-objects.ts";
import type { Recognise, SourceObject, Unclaimed } from "./source-object.ts";

/** An object with the version of the file that it was read from. */
export interface PlacedObject {
  readonly key: ObjectKey;
  readonly object: SourceObject;
  readonly version: FileVersion;
}

export interface FileRecord {
  readonly path: string;
  readonly order: string;
  /** What it was when it was read; undefined when it must be read again. */
  readonly status: FileStatus | undefined;
  readonly hash: string;
  /** Its text, when all of it could be read; absent while an earlier version is in force. */
  readonly text?: string;
  readonly objects: readonly PlacedObject[];
  readonly unclaimed: readonly (Unclaimed & { readonly version: FileVersion })[];
  readonly findings: readonly Finding[];
}

export interface FileReader {
  readonly files: Files;
  readonly limits: ManifestLimits;
  readonly recognise: Recognise;
  readonly locator: Locator;
  /** The text of a file that an earlier run could read last. */
  readonly lastGood: (path: string) => string | undefined;
  /** Resolves at once, or after others had their turn when this has taken long. */
  readonly pause: () => Promise<void>;
}

/** Attempts at a file that is being written while it is read. */
const maxAttempts = 3;

/** The record of a file that is new or changed; `undefined` when it vanished. Never fails because of the file. */
export async function readRecord(
  reader: FileReader,
  found: FoundFile,
  before: FileRecord | undefined,
): Promise<FileRecord | undefined> {
  const base = { path: found.path, order: orderOf(found) };
  let status = found.status;
  for (let attempt = 1; ; attempt += 1) {
    const bytes = await readBytes(reader, found.path, status);
    if (bytes === undefined) return undefined;
    if (!(bytes instanceof Uint8Array)) {
      // Permissions change without a trace in what is compared.
      const known = bytes.reason === "Unreadable" ? undefined : status;
      const good = before ?? (await recall(reader, { ...base, status: undefined }));
      return keepGood({ ...base, status: known, hash: "" }, good, [bytes]);
    }
    const after = await statusAfter(reader.files, found.path);
    const settled = after !== undefined && isSameVersion(after, status);
    if (settled || attempt === maxAttempts) {
      const known = settled ? status : undefined;
      return await parseRecord(reader, { ...base, status: known }, { bytes, before });
    }
    if (after?.kind !== "file") return undefined;
    status = after;
  }
}

async function statusAfter(files: Files, path: string): Promise<FileStatus | undefined> {
  try {
    return await files.status(path);
  } catch (error) {
    // Whatever it is, the next walk meets it as well and reports it.
    if (error instanceof FilesError) return undefined;
    throw error;
  }
}

async function readBytes(
  { files, limits }: FileReader,
  path: string,
  status: FileStatus,
): Promise<Uint8Array | Finding | undefined> {
  if (status.bytes > limits.maxFileBytes) return tooLargeFinding(path, limits.maxFileBytes);
  try {
    return await files.read(path, limits.maxFileBytes);
  } catch (error) {
    if (!(error instanceof FilesError)) throw error;
    if (error.code === "not-found" || error.code === "not-directory") return undefined;
    if (error.code === "too-large") return tooLargeFinding(path, limits.maxFileBytes);
    return fileFinding(path, {
      reason: "Unreadable",
      message: `The file cannot be read (${error.message}).`,
      advice: "Let the user that Sekisho runs as read it.",
    });
  }
}

type Base = Pick<FileRecord, "path" | "order" | "status">;

async function parseRecord(
  reader: FileReader,
  base: Base,
  { bytes, before }: { readonly bytes: Uint8Array; readonly before: FileRecord | undefined },
): Promise<FileRecord> {
  const hash = contentHash(bytes);
  if (before?.hash === hash) return { ...before, ...base };
  const parsed = await parse(reader, bytes, base.path);
  if (!parsed.whole) {
    const good = before ?? (await recall(reader, { ...base, status: undefined }));
    return keepGood({ ...base, hash }, good, parsed.findings);
  }
  return recordOf(reader, { ...base, hash }, parsed, before);
}

/** A file all of which could be read. */
function recordOf(
  reader: FileReader,
  base: Base & { readonly hash: string },
  parsed: ParsedFile,
  before: FileRecord | undefined,
): FileRecord {
  const version = versionOf(parsed);
  const read = readObjects(parsed, reader.recognise, reader.locator, reader.limits);
  const refused = new Set(read.refused.map(formatKey));
  const kept = before?.objects.filter(({ key }) => refused.has(formatKey(key))) ?? [];
  const keyed = read.objects.map((object) => ({ key: keyOf(object), object, version }));
  return {
    ...base,
    text: parsed.text,
    objects: [...keyed, ...kept],
    unclaimed: read.unclaimed.map((unclaimed) => ({ ...unclaimed, version })),
    findings: [...parsed.findings, ...read.findings],
  };
}

/** What a file held when an earlier run read it last; undefined when none did. */
async function recall(reader: FileReader, base: Base): Promise<FileRecord | undefined> {
  const text = reader.lastGood(base.path);
  if (text === undefined) return undefined;
  const bytes = new TextEncoder().encode(text);
  const parsed = await parse(reader, bytes, base.path);
  return parsed.whole ? recordOf(reader, { ...base, hash: "" }, parsed, undefined) : undefined;
}

async function parse(reader: FileReader, bytes: Uint8Array, path: string): Promise<ParsedFile> {
  const slices = parseManifestsInSlices(bytes, path, reader.limits);
  for (;;) {
    const { done, value } = slices.next();
    if (done === true) return value;
    await reader.pause();
  }
}

function keyOf({ draft }: SourceObject): ObjectKey {
  const { namespace, name } = draft.metadata;
  return { kind: kindId(draft.apiVersion, draft.kind), namespace, name };
}

/** The whole last good version stays: which of its objects a broken file would still hold is anybody's guess. */
function keepGood(
  base: Base & { readonly hash: string },
  before: FileRecord | undefined,
  findings: readonly Finding[],
): FileRecord {
  const objects = before?.objects ?? [];
  const kept = fileFinding(base.path, {
    severity: "info",
    reason: "LastGoodVersion",
    message: `What the last version that could be read held stays in force (${objects.length === 1 ? "1 object" : `${objects.length} objects`}).`,
    advice: "Correct the file to bring its changes into force.",
  });
  return {
    ...base,
    objects,
    unclaimed: before?.unclaimed ?? [],
    findings: objects.length === 0 ? findings : [...findings, kept],
  };
}
