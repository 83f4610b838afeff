/** Our reading of a text beside the judge's. */

import { isDeepStrictEqual } from "node:util";
import { readDocuments } from "#base/yaml/document-stream.ts";
import { defaultYamlLimits, readYaml } from "#base/yaml/read-yaml.ts";
import type { Question, Reading } from "./kubectl-reading.ts";
import { askKubectl } from "./kubectl-reading.ts";

function readWhole(text: string): Reading {
  const documents: unknown[] = [];
  for (const document of readDocuments(text, defaultYamlLimits)) {
    if (document === undefined) continue;
    if (!document.result.ok) return { documents, error: document.result.error.message };
    if (document.result.value.value !== null) documents.push(document.result.value.value);
  }
  return { documents, error: "" };
}

/** Our answer to a question. */
export function readOurselves({ whole, text }: Question): Reading {
  if (whole) return readWhole(text);
  const result = readYaml(text);
  if (!result.ok) return { documents: [], error: result.error.message };
  return { documents: [result.value.value], error: "" };
}

/** Why the two may differ: each a choice of ours, or an accident of theirs that no manifest can rely on. */
const explained: Readonly<Record<string, RegExp>> = {
  "kubectl cuts at --- before it reads, so no directive can work; only sigs.k8s.io/yaml alone knows them":
    /^%/m,
  "an empty list or mapping as a key is an error here; yaml.v2 takes it for the whole document":
    /(\[\s*(#.*)?\s*\]|\{\s*(#.*)?\s*\})\s*:/,
  "with two byte order marks yaml.v2 drops a character at the start of every line": /^\ufeff\ufeff/,
  "kubectl drops the carriage return before a line feed, so that of two only one is left": /\r\r\n/,
  "behind JSON objects kubectl takes bare JSON values and stumbles over what is under four bytes; neither can be a manifest":
    /^\s*\{[\s\S]*\}\s*(["\d[tfn]|-\d|[^\s{}\]",]{1,3}\s*$)/,
};

/** The reason why the two may read a text differently; undefined when they may not. */
function findExplanation(text: string): string | undefined {
  return Object.entries(explained).find(([, pattern]) => pattern.test(text))?.[0];
}

/** JSON has one zero. */
function plain(documents: readonly unknown[]): unknown {
  return JSON.parse(JSON.stringify(documents));
}

function agree(ours: Reading, theirs: Reading): boolean {
  if ((ours.error === "") !== (theirs.error === "")) return false;
  return isDeepStrictEqual(plain(ours.documents), plain(theirs.documents));
}

export interface Differences {
  /** A description of every text that the two read differently without an explanation. */
  readonly unexplained: readonly string[];
  /** How many they read differently with one. */
  readonly explained: number;
}

export function findDifferences(questions: readonly Question[]): Differences {
  const answers = askKubectl(questions);
  const unexplained: string[] = [];
  let explained = 0;
  for (const [index, question] of questions.entries()) {
    const theirs = answers[index] ?? { documents: [], error: "no answer" };
    const ours = readOurselves(question);
    if (agree(ours, theirs)) continue;
    if (findExplanation(question.text) !== undefined) explained += 1;
    else unexplained.push([question, theirs, ours].map((part) => JSON.stringify(part)).join("\n"));
  }
  return { unexplained, explained };
}
