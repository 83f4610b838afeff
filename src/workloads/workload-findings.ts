/** What is worth saying about a Deployment, ReplicaSet or Pod before it runs: wrong, unknown and ignored fields, images without a program. */

import type { Finding, Severity } from "#base/finding.ts";
import { isJsonObject, type Json } from "#base/json.ts";
import { at, type Origin } from "#base/origin.ts";
import type { Problem } from "#base/schema.ts";
import { type KubeObject, keyOf } from "#kinds/object.ts";
import { type Container, foreignVolumeSources, type PodSpec } from "#kinds/pod-template.ts";
import { findProgram, type Images, isCodeVariable } from "./containers/program.ts";
import type { IsolationMode } from "./isolation/isolation.ts";
import { movedPort } from "./isolation/none.ts";
import { canonicalText } from "./object-names.ts";
import { foreignVolume, type Ignored, podSupport } from "./support.ts";

export interface SpecPlace {
  readonly object: KubeObject;
  /** `spec.template.spec` or `spec`. */
  readonly path: string;
  /** As it was written. */
  readonly raw: Json | undefined;
  readonly spec: PodSpec | undefined;
  readonly problems: readonly Problem[];
}

export interface FindingContext {
  readonly images: Images;
  readonly mode: IsolationMode;
  /** The first port that this user may listen on. */
  readonly firstFreePort: number;
}

/** All findings about one specification. */
export function specFindings(place: SpecPlace, context: FindingContext): readonly Finding[] {
  const origin: Origin = { ...keyOf(place.object), path: "" };
  return [
    ...place.problems.map((problem) => problemFinding(origin, problem)),
    ...ignoredFields(origin, place),
    ...containersOf(place.spec).flatMap(({ container, path }) => {
      const where = at(origin, `${place.path}.${path}`);
      return [
        ...programFindings(where, container, context.images),
        ...mountFindings(where, container, context.mode),
        ...networkFindings(where, container, context),
      ];
    }),
  ];
}

function containersOf(
  spec: PodSpec | undefined,
): readonly { readonly container: Container; readonly path: string }[] {
  return (["initContainers", "containers"] as const).flatMap((list) =>
    (spec?.[list] ?? []).flatMap((container, index) =>
      container === undefined ? [] : [{ container, path: `${list}[${index}]` }],
    ),
  );
}

interface FindingText {
  readonly reason: string;
  readonly message: string;
  readonly advice: string;
}

function finding(origin: Origin, severity: Severity, text: FindingText): Finding {
  return { severity, origin, ...text };
}

function problemFinding(origin: Origin, problem: Problem): Finding {
  const where = at(origin, problem.path);
  const message = `${problem.path === "" ? "the object" : problem.path} ${problem.message}`;
  switch (problem.problem) {
    case "unknown": {
      const advice = "check the spelling and the indentation, or remove it";
      return finding(where, "warning", { reason: "UnknownField", message, advice });
    }
    case "missing":
      return finding(where, "error", { reason: "MissingField", message, advice: "add it" });
    case "invalid": {
      const advice = "correct the value; it counts as not given";
      return finding(where, "error", { reason: "InvalidField", message, advice });
    }
  }
}

function ignoredFields(origin: Origin, place: SpecPlace): readonly Finding[] {
  const listed = Object.entries(podSupport).flatMap(([path, support]) =>
    support === "honoured" ? [] : [[path, support] as const],
  );
  const foreign = foreignVolumeSources.map((name) => [`volumes[].${name}`, foreignVolume] as const);
  return [...listed, ...foreign].flatMap(([pattern, ignored]) =>
    valuesAt(place.raw, pattern.split(".")).flatMap(({ path, value }) =>
      isHarmless(value, ignored)
        ? []
        : [ignoredFinding(at(origin, `${place.path}.${path}`), ignored)],
    ),
  );
}

function isHarmless(value: Json, { harmless = [] }: Ignored): boolean {
  return harmless.some((entry) => canonicalText(entry) === canonicalText(value));
}

function ignoredFinding(origin: Origin, ignored: Ignored): Finding {
  return finding(origin, ignored.severity, {
    reason: "FieldWithoutEffect",
    message: `${origin.path} has no effect: ${ignored.why}`,
    advice: ignored.advice,
  });
}

/** The values a path pattern leads to; `name[]` goes through every item of a list. */
function valuesAt(
  value: Json | undefined,
  [part, ...rest]: readonly string[],
): readonly { readonly path: string; readonly value: Json }[] {
  if (value === undefined || value === null) return [];
  if (part === undefined) return [{ path: "", value }];
  if (!isJsonObject(value)) return [];
  const isList = part.endsWith("[]");
  const name = isList ? part.slice(0, -2) : part;
  const next = value[name];
  const items: readonly (readonly [string, Json | undefined])[] = !isList
    ? [[name, next]]
    : Array.isArray(next)
      ? (next as readonly Json[]).map((item, index) => [`${name}[${index}]`, item] as const)
      : [];
  return items.flatMap(([path, item]) =>
    valuesAt(item, rest).map((found) => ({
      path: found.path === "" ? path : `${path}.${found.path}`,
      value: found.value,
    })),
  );
}

function programFindings(origin: Origin, container: Container, images: Images): readonly Finding[] {
  const program = findProgram(container, images, "node");
  if (program === undefined) {
    return [
      finding(at(origin, `${origin.path}.image`), "error", {
        reason: "NoCommandForImage",
        message: `no program is known for the image ${container.image}, so ${container.name} is not run`,
        advice: `add to sekisho.yaml: images: { "${container.image}": { command: ["your-program", "an-argument"] } }, or point an EndpointSlice at a server that runs elsewhere`,
      }),
    ];
  }
  const findings: Finding[] = [];
  const say = (path: string, message: string, advice: string): void => {
    const reason = "CommandNotRun";
    const where = at(origin, `${origin.path}.${path}`);
    findings.push(finding(where, "warning", { reason, message, advice }));
  };
  const allow =
    "set manifestCommands: true for the image in sekisho.yaml to run it on this machine";
  const standIn = `${container.image} is played by the built-in ${program.standIn}; map the image to a program of yours in sekisho.yaml to run another`;
  const advice = program.standIn === undefined ? allow : standIn;
  if (container.command !== undefined && !program.manifestCommands) {
    say(
      "command",
      "a manifest's command is not run on this machine; the image's program is",
      advice,
    );
  }
  for (const probe of ["startupProbe", "readinessProbe", "livenessProbe"] as const) {
    if (container[probe]?.exec === undefined || program.manifestCommands) continue;
    say(
      `${probe}.exec`,
      "a manifest's command is not run on this machine; the probe passes",
      advice,
    );
  }
  if (container.lifecycle?.preStop?.exec !== undefined && !program.manifestCommands) {
    say("lifecycle.preStop.exec", "a manifest's command is not run on this machine", advice);
  }
  for (const [index, entry] of (container.env ?? []).entries()) {
    if (program.standIn === undefined || entry === undefined || !isCodeVariable(entry.name))
      continue;
    say(
      `env[${index}]`,
      `${entry.name} is not given to a stand-in: it could choose code to run`,
      standIn,
    );
  }
  return findings;
}

function mountFindings(
  origin: Origin,
  container: Container,
  mode: IsolationMode,
): readonly Finding[] {
  const mounts = container.volumeMounts ?? [];
  if (mode !== "none" || mounts.length === 0) return [];
  return [
    finding(at(origin, `${origin.path}.volumeMounts`), "warning", {
      reason: "VolumesNotMounted",
      message: "volumes need a mount namespace, which this user cannot make here",
      advice:
        "run sekisho as root, or allow user namespaces (kernel.unprivileged_userns_clone, AppArmor), or read the files elsewhere",
    }),
  ];
}

/** Without a network of its own a program must listen where it is told; low ports go elsewhere for ordinary users. */
function networkFindings(
  origin: Origin,
  container: Container,
  { images, mode, firstFreePort }: FindingContext,
): readonly Finding[] {
  const ports = container.ports ?? [];
  const program = findProgram(container, images, "node");
  if (mode === "root" || program === undefined) return [];
  const mustListen = mode === "none" && program.standIn === undefined && ports.length > 0;
  const told = finding(at(origin, `${origin.path}.ports`), "info", {
    reason: "NoNetworkOfItsOwn",
    message:
      "the program shares this machine's network: it is reached only if it listens on $POD_IP, port $PORT",
    advice:
      "give the program these two variables in images: of sekisho.yaml, or run sekisho where namespaces can be made",
  });
  const moved = ports.flatMap((port, index) => {
    const number = port?.containerPort ?? 0;
    const isTcp = (port?.protocol ?? "TCP") === "TCP";
    if (number === 0 || !isTcp || number >= firstFreePort) return [];
    return [
      finding(at(origin, `${origin.path}.ports[${index}]`), "info", {
        reason: "PortMoved",
        message: `this user may not listen on port ${number}; it is reached at ${movedPort(number, firstFreePort)} of the pod's address, and endpoints say so`,
        advice:
          "nothing needs to be done for requests through the gate; run sekisho as root for the port itself",
      }),
    ];
  });
  return mustListen ? [told, ...moved] : moved;
}
