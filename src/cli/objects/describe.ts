/** `sekisho describe KIND NAME`: one object with what was found about it and what happened to it. */

import { Command } from "commander";
import type { LocatedFinding } from "#api/gate-calls.ts";
import { askGate } from "#api/gate-calls.ts";
import type { Json, JsonObject } from "#base/json.ts";
import { isJsonObject } from "#base/json.ts";
import type { Place } from "#base/origin.ts";
import { type Event, eventKind, lastSeen, timesSeen } from "#kinds/event.ts";
import { read } from "#kinds/kind.ts";
import type { KubeObject, ObjectKey } from "#kinds/object.ts";
import type { ObjectStore } from "#store/object-store.ts";
import { type CommandContext, CommandError } from "../command-context.ts";
import { exampleText, homeNamespaceOption } from "../options.ts";
import { formatAge } from "../output/age.ts";
import { formatFinding } from "../output/finding-text.ts";
import { formatYaml, manifestOf } from "../output/object-text.ts";
import { formatTable, printable } from "../output/table.ts";
import { findKind } from "./kind-name.ts";
import { type HomeOptions, type ObjectHome, openHome, withHomeOptions } from "./object-home.ts";

interface DescribeOptions extends HomeOptions {
  readonly namespace?: string;
}

export function describeCommand(context: CommandContext): Command {
  return withHomeOptions(new Command("describe"))
    .summary("show one object with its findings and events")
    .description(
      "Shows one object in full, the findings about it with file and line, and its events.",
    )
    .argument("<kind>", "a kind as kubectl takes it")
    .argument("<name>", "the object's name")
    .addOption(homeNamespaceOption())
    .addHelpText("after", exampleText("sekisho describe ingress cafe"))
    .action((word: string, name: string, options: DescribeOptions) =>
      describe(context, word, name, options),
    );
}

async function describe(
  context: CommandContext,
  word: string,
  name: string,
  options: DescribeOptions,
): Promise<void> {
  const kind = findKind(word);
  if (!kind.ok) throw new CommandError(2, kind.error, "use one of these names");
  const home = await openHome(context, options);
  try {
    const namespace = kind.value.namespaced ? (options.namespace ?? home.namespace) : "";
    await describeIn(context, home, { kind: kind.value.id, namespace, name }, kind.value.plural);
  } finally {
    home.close();
  }
}

async function describeIn(
  context: CommandContext,
  { store, socket }: ObjectHome,
  key: ObjectKey,
  plural: string,
): Promise<void> {
  const object = await store.get(key);
  if (object === undefined) {
    throw new CommandError(
      1,
      `${plural} "${key.name}" not found`,
      `see what is there: sekisho get ${plural} -A`,
    );
  }
  const { terminal } = context.environment;
  const place =
    socket === undefined
      ? undefined
      : await askGate(context.socket, socket, "gate.locate", { ...key, path: "" });
  terminal.print(formatHead(object, place));
  terminal.print(formatBody(object));
  if (socket !== undefined) {
    const findings = await askGate(context.socket, socket, "gate.findings", null);
    terminal.print(formatFindings(findings.filter(({ finding }) => isAbout(finding.origin, key))));
  }
  terminal.print(await formatEvents(store, object, context.clock.now()));
}

function isAbout(origin: ObjectKey, key: ObjectKey): boolean {
  return origin.kind === key.kind && origin.namespace === key.namespace && origin.name === key.name;
}

/** In a cluster objects have no place in a file: `place` is undefined. */
function formatHead(
  { metadata, kind, apiVersion }: KubeObject,
  place: Place | null | undefined,
): string {
  const pairs = (map: Readonly<Record<string, string>>): string => {
    const lines = Object.entries(map).map(([name, value]) => printable(`${name}: ${value}`));
    return lines.length === 0 ? "<none>" : lines.join(`\n${" ".repeat(13)}`);
  };
  const rows = [
    ["Name:", metadata.name],
    ...(metadata.namespace === "" ? [] : [["Namespace:", metadata.namespace]]),
    ["Kind:", `${kind} (${apiVersion})`],
    ...(place === undefined ? [] : [["Manifest:", formatPlace(place)]]),
    ["Created:", metadata.creationTimestamp],
    ["Labels:", pairs(metadata.labels)],
    ["Annotations:", pairs(metadata.annotations)],
  ];
  return rows.map(([title = "", value = ""]) => `${title.padEnd(13)}${value}\n`).join("");
}

function formatPlace(place: Place | null): string {
  return place === null ? "<none>, it is stored" : printable(`${place.file}:${place.line}`);
}

/** Values of Secrets are shown by their size alone, as kubectl does. */
function formatBody(object: KubeObject): string {
  const { apiVersion: _version, kind: _kind, metadata: _metadata, ...rest } = manifestOf(object);
  const shown = object.kind === "Secret" ? withoutValues(rest) : rest;
  return Object.keys(shown).length === 0 ? "" : `\n${formatYaml(shown)}`;
}

function withoutValues(body: JsonObject): JsonObject {
  const sizes = (data: Json | undefined, bytes: (text: string) => number): Json | undefined =>
    isJsonObject(data)
      ? Object.fromEntries(
          Object.entries(data as JsonObject).map(([name, value]) => [
            name,
            typeof value === "string" ? `${bytes(value)} bytes` : "unreadable",
          ]),
        )
      : undefined;
  const data = sizes(body["data"], (text) => Buffer.from(text, "base64").length);
  const stringData = sizes(body["stringData"], (text) => Buffer.byteLength(text));
  return {
    ...body,
    ...(data === undefined ? {} : { data }),
    ...(stringData === undefined ? {} : { stringData }),
  };
}

function formatFindings(findings: readonly LocatedFinding[]): string {
  if (findings.length === 0) return "\nFindings:    <none>\n";
  return `\nFindings:\n${findings.map((located) => `  ${formatFinding(located).replaceAll("\n", "\n  ")}\n`).join("")}`;
}

async function formatEvents(
  store: ObjectStore,
  object: KubeObject,
  now: Temporal.Instant,
): Promise<string> {
  const { items } = await store.list(
    eventKind.id,
    object.metadata.namespace === "" ? "default" : object.metadata.namespace,
  );
  const events = items
    .map((item) => read<Event>(eventKind, item))
    .filter(({ value }) => value?.involvedObject.uid === object.metadata.uid);
  if (events.length === 0) return "\nEvents:      <none>\n";
  const rows = events.map((event) => [
    event.value?.type ?? "",
    event.value?.reason ?? "",
    formatAge(lastSeen(event), now),
    `${event.value === undefined ? 1 : timesSeen(event.value)}`,
    event.value?.message ?? "",
  ]);
  return `\nEvents:\n${formatTable(["TYPE", "REASON", "AGE", "COUNT", "MESSAGE"], rows)}`;
}
