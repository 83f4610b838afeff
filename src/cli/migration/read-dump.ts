/** Files that `kubectl get -o yaml` or `-o json` wrote → what cert-manager has left. */

import path from "node:path";
import { isJsonObject, type Json, type JsonObject } from "#base/json.ts";
import { objectsAt, textAt } from "#base/json-path.ts";
import { defaultManifestLimits, parseManifests } from "#sources/directory/manifest.ts";
import { type CommandContext, CommandError } from "../command-context.ts";
import { type LeftBehind, leftBehind } from "./left-behind.ts";

/** All Secrets of a cluster in one file are more than a person writes. */
const limits = { ...defaultManifestLimits, maxFileBytes: 256 * 1024 * 1024, maxNodes: 20_000_000 };

/** Reads files, and those below directories. Throws CommandError. */
export async function readDump(
  context: CommandContext,
  places: readonly string[],
): Promise<LeftBehind> {
  const raw: JsonObject[] = [];
  for (const place of places) {
    const whole = path.resolve(context.environment.workingDirectory, place);
    for (const file of await filesBelow(context, whole))
      raw.push(...(await readFile(context, file)));
  }
  const seen = new Set(raw.flatMap(secretNamespaces));
  return leftBehind(raw, (namespace) => !seen.has(namespace));
}

/** Where one Secret was written down, all were: one that is missing is not there. */
function secretNamespaces(raw: JsonObject): readonly string[] {
  return [raw, ...objectsAt(raw, "items")]
    .filter((one) => one["kind"] === "Secret")
    .map((one) => textAt(one, "metadata", "namespace") ?? "");
}

async function filesBelow(
  { files }: Pick<CommandContext, "files">,
  place: string,
): Promise<readonly string[]> {
  const status = await files.status(place);
  if (status === undefined) {
    const advice = "name files or directories that kubectl get -o yaml was written to";
    throw new CommandError(2, `there is no ${place}`, advice);
  }
  if (status.kind === "file") return [place];
  const found: string[] = [];
  for (const { name, kind } of await files.list(place)) {
    const below = path.join(place, name);
    if (kind === "directory") found.push(...(await filesBelow({ files }, below)));
    else if (/\.(?:ya?ml|json)$/.test(name)) found.push(below);
  }
  return found;
}

async function readFile(
  { files }: Pick<CommandContext, "files">,
  file: string,
): Promise<readonly JsonObject[]> {
  const parsed = parseManifests(await files.read(file, limits.maxFileBytes), file, limits);
  const [problem] = parsed.findings;
  if (!parsed.whole) {
    const message = `${file} cannot be read: ${problem?.message ?? "it is no YAML"}`;
    throw new CommandError(1, message, problem?.advice ?? "write it anew with kubectl get -o yaml");
  }
  return parsed.documents
    .map(({ value }) => value)
    .filter((value: Json): value is JsonObject => isJsonObject(value));
}
