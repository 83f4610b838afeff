/** The bytes of a file → its documents with the values that kubectl would read, and what is wrong with them. */

import type { Finding, Severity } from "#base/finding.ts";
import type { Json } from "#base/json.ts";
import { fileOrigin, type Place } from "#base/origin.ts";
import type { YamlLimits } from "#base/yaml/composer.ts";
import { readDocuments, type StreamDocument } from "#base/yaml/document-stream.ts";
import { defaultYamlLimits, drain } from "#base/yaml/read-yaml.ts";
import { decodeText } from "./file-text.ts";
import { createLineTable, type LineTable } from "./line-table.ts";

/** What bounds the memory and time that one file can take. */
export interface ManifestLimits extends YamlLimits {
  readonly maxFileBytes: number;
  readonly maxDocuments: number;
  /** Characters of one object as JSON: what it is stored and handed on as, aliases written out. */
  readonly maxObjectLength: number;
}

export const defaultManifestLimits: ManifestLimits = {
  ...defaultYamlLimits,
  maxFileBytes: 16 * 1024 * 1024,
  maxDocuments: 100_000,
  // What etcd takes by default: a larger object could not be in a cluster either.
  maxObjectLength: 1.5 * 1024 * 1024,
};

/** One document that is not empty; offsets are UTF-16 units from the start of the file's text. */
export interface ParsedDocument {
  /** Its position among all documents of the file, from 0. */
  readonly index: number;
  readonly start: number;
  readonly end: number;
  readonly language: "yaml" | "json";
  readonly value: Json;
}

export interface ParsedFile {
  readonly file: string;
  readonly text: string;
  readonly documents: readonly ParsedDocument[];
  readonly findings: readonly Finding[];
  /** False when something could not be read: kubectl would stop there, and nothing in the file may be relied on. */
  readonly whole: boolean;
}

/** Reads a file whole, without pausing. Never throws. */
export function parseManifests(
  bytes: Uint8Array,
  file: string,
  limits: ManifestLimits = defaultManifestLimits,
): ParsedFile {
  return drain(parseManifestsInSlices(bytes, file, limits));
}

/** {@link parseManifests} that yields where a pause is welcome. */
export function* parseManifestsInSlices(
  bytes: Uint8Array,
  file: string,
  limits: ManifestLimits,
): Generator<undefined, ParsedFile, undefined> {
  if (bytes.length > limits.maxFileBytes) {
    return unreadable(file, tooLargeFinding(file, limits.maxFileBytes));
  }
  const decoded = decodeText(bytes);
  if (!decoded.ok) {
    return unreadable(file, notTextFinding(file, bytes, decoded.error.byteOffset));
  }
  return yield* readText(decoded.value, file, limits);
}

function* readText(
  text: string,
  file: string,
  limits: ManifestLimits,
): Generator<undefined, ParsedFile, undefined> {
  const documents: ParsedDocument[] = [];
  const findings: Finding[] = [];
  const lines = createLineTable(file, text);
  let whole = true;
  let index = 0;
  for (const document of readDocuments(text, limits)) {
    if (document === undefined) {
      yield undefined;
      continue;
    }
    if (index === limits.maxDocuments) {
      findings.push(tooManyFinding(lines, document, limits.maxDocuments));
      return { file, text, documents, findings, whole: false };
    }
    findings.push(...findingsOf(document, lines));
    const { result, ...place } = document;
    if (!result.ok) whole = false;
    else if (result.value.value !== null) {
      documents.push({ index, ...place, value: result.value.value });
    }
    index += 1;
    yield undefined;
  }
  return { file, text, documents, findings, whole };
}

function unreadable(file: string, finding: Finding): ParsedFile {
  return { file, text: "", documents: [], findings: [finding], whole: false };
}

/** A finding about a file itself. */
export function fileFinding(
  file: string,
  what: Pick<Finding, "reason" | "message" | "advice"> & {
    readonly severity?: Severity;
    readonly place?: Place;
  },
): Finding {
  return { severity: "error", ...what, origin: fileOrigin(file) };
}

/** The file is larger than is read. */
export function tooLargeFinding(file: string, maxBytes: number): Finding {
  return fileFinding(file, {
    reason: "FileTooLarge",
    message: `The file is larger than ${maxBytes} bytes and is not read.`,
    advice: "Split it into smaller files.",
  });
}

function notTextFinding(file: string, bytes: Uint8Array, byteOffset: number): Finding {
  const before = bytes.subarray(0, byteOffset);
  const lineStart = before.lastIndexOf(10) + 1;
  const line = before.reduce((count, byte) => (byte === 10 ? count + 1 : count), 1);
  const column = new TextDecoder().decode(before.subarray(lineStart)).length + 1;
  return fileFinding(file, {
    reason: "NotUtf8",
    message: `The byte at offset ${byteOffset} is not part of UTF-8 text.`,
    advice: "Save the file as UTF-8; put binary data into a Secret's data as base64.",
    place: { file, line, column },
  });
}

function tooManyFinding(lines: LineTable, document: StreamDocument, most: number): Finding {
  const place = lines.placeAt(document.start);
  return fileFinding(place.file, {
    reason: "TooManyDocuments",
    message: `The file holds more than ${most} documents.`,
    advice: "Split it into smaller files.",
    place,
  });
}

function findingsOf(document: StreamDocument, lines: LineTable): readonly Finding[] {
  const { result } = document;
  if (!result.ok) {
    const place = lines.placeAt(result.error.offset);
    const limit = result.error.code === "limit";
    return [
      fileFinding(place.file, {
        reason: limit ? "DocumentTooLarge" : "InvalidYaml",
        message: `This cannot be read: ${result.error.message}.`,
        advice: limit ? "Make the document smaller, or split it." : "Correct it at this place.",
        place,
      }),
    ];
  }
  const duplicates = result.value.duplicates.map(({ key, offset }) => {
    const place = lines.placeAt(offset);
    return fileFinding(place.file, {
      severity: "warning",
      reason: "DuplicateField",
      message: `The field ${JSON.stringify(key)} is written twice in one mapping; the last one counts, as with kubectl.`,
      advice: "Remove one of the two.",
      place,
    });
  });
  const { trailing } = result.value;
  if (trailing === undefined) return duplicates;
  const place = lines.placeAt(trailing);
  const ignored = fileFinding(place.file, {
    severity: "warning",
    reason: "TextAfterDocument",
    message: "The document ends before this; kubectl does not read it, and neither does Sekisho.",
    advice: "Begin another document with a line '---', or correct the indentation.",
    place,
  });
  return [...duplicates, ignored];
}
