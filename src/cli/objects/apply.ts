/** `sekisho apply -f FILE…`: stores the objects of manifests in the running gate. */

import path from "node:path";
import { Command } from "commander";
import { createRemoteStore } from "#api/remote-store.ts";
import { recogniseManifest } from "#gate/manifest-kinds.ts";
import { kindId } from "#kinds/object.ts";
import { defaultManifestLimits, parseManifests } from "#sources/directory/manifest.ts";
import { readObjects } from "#sources/directory/manifest-objects.ts";
import type { Draft } from "#store/object-store.ts";
import { putDraft } from "#store/put-draft.ts";
import { type CommandContext, CommandError } from "../command-context.ts";
import { dataOption, exampleText } from "../options.ts";
import { formatFinding } from "../output/finding-text.ts";
import { findSocket } from "../running-gate.ts";
import { withFile } from "./file-objects.ts";
import { type ReadManifests, readDirectories } from "./manifest-files.ts";

interface ApplyOptions {
  readonly filename: readonly string[];
  readonly data?: string;
}

export function applyCommand(context: CommandContext): Command {
  return new Command("apply")
    .summary("store objects from manifests")
    .description(
      "Creates or updates the objects of manifest files or directories in the running gate's store.",
    )
    .requiredOption("-f, --filename <file...>", "files or directories of manifests")
    .addOption(dataOption())
    .addHelpText("after", exampleText("sekisho apply -f ingress.yaml"))
    .action((options: ApplyOptions) => apply(context, options));
}

async function apply(context: CommandContext, options: ApplyOptions): Promise<void> {
  const drafts: Draft[] = [];
  for (const name of options.filename) drafts.push(...(await draftsOf(context, name)));
  const socket = await findSocket(context, options.data);
  const store = createRemoteStore(context.socket, socket);
  for (const draft of drafts) {
    const { apiVersion, kind, metadata } = draft;
    const { namespace, name } = metadata;
    try {
      await putDraft(store, draft);
    } catch (error) {
      const key = { kind: kindId(apiVersion, kind), namespace, name };
      throw await withFile(context, socket, key, error);
    }
    context.environment.terminal.print(`${kind.toLowerCase()}/${name} applied\n`);
  }
}

/** All or nothing: a manifest with an error stores none of its objects. */
async function draftsOf(context: CommandContext, name: string): Promise<readonly Draft[]> {
  const place = path.resolve(context.environment.workingDirectory, name);
  const status = await context.files.status(place);
  if (status === undefined)
    throw new CommandError(2, `there is no file ${name}`, "check the path behind -f");
  const { drafts, findings } =
    status.kind === "directory"
      ? await readDirectories(context, [name])
      : await readFile(context, name, place);
  for (const finding of findings) {
    const located = finding.place === undefined ? { finding } : { finding, place: finding.place };
    context.environment.terminal.warn(`${formatFinding(located)}\n`);
  }
  if (findings.some(({ severity }) => severity === "error")) {
    throw new CommandError(
      1,
      `${name} has errors; nothing of it was stored`,
      "correct what is named above",
    );
  }
  return drafts;
}

async function readFile(
  context: CommandContext,
  name: string,
  place: string,
): Promise<Pick<ReadManifests, "drafts" | "findings">> {
  const parsed = parseManifests(
    await context.files.read(place, defaultManifestLimits.maxFileBytes),
    name,
  );
  const { objects, findings } = readObjects(parsed, recogniseManifest);
  return { drafts: objects.map(({ draft }) => draft), findings: [...parsed.findings, ...findings] };
}
