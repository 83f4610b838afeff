/** What it takes to start a container of a pod now: program, arguments, environment, mounts. */

import type { Container } from "#kinds/pod-template.ts";
import { usable } from "#kinds/pod-template.ts";
import type { Mount, PodPlace } from "../isolation/isolation.ts";
import type { PodFacts } from "../pods/pod-facts.ts";
import type { Preparation } from "./container-preparation.ts";
import { expand, resolveEnv, type Values } from "./env.ts";
import { findProgram, type Images, isCodeVariable, type Program, programId } from "./program.ts";

export interface ProgramSettings {
  readonly images: Images;
  /** The Node binary that runs stand-ins. */
  readonly nodePath: string;
  /** PATH of every program. */
  readonly path: string;
}

export interface StartContext {
  readonly settings: ProgramSettings;
  readonly place: PodPlace;
  readonly facts: PodFacts;
  readonly hostname: string;
  readonly values: Values;
  /** Variables that mark the process as ours; nothing overrides them. */
  readonly marks: Readonly<Record<string, string>>;
  readonly mounts: (env: Readonly<Record<string, string>>) => Promise<readonly Mount[]>;
}

/** The start, or what it waits for. */
export async function prepareStart(
  container: Container,
  context: StartContext,
): Promise<Preparation> {
  const { settings, values, facts } = context;
  const program = findProgram(container, settings.images, settings.nodePath);
  if (program === undefined) {
    const message = `no command is known for the image ${container.image}; add it to images: in sekisho.yaml`;
    return { kind: "waiting", reason: "NoCommandForImage", missing: [{ path: "image", message }] };
  }
  const base = baseEnv(container, program, context);
  const resolved = resolveEnv(container, base, facts, values);
  if (resolved.missing.length > 0) {
    return { kind: "waiting", reason: "CreateContainerConfigError", missing: resolved.missing };
  }
  const env = program.standIn === undefined ? resolved.env : withoutCode(resolved.env);
  return {
    kind: "ready",
    command: expand(program.command, env),
    args: program.args.map((argument) => expand(argument, env)),
    env: { ...env, ...context.marks },
    workingDir: program.workingDir,
    mounts: context.place.mounts ? await context.mounts(env) : [],
    manifestCommands: program.manifestCommands,
    program: programId(program),
  };
}

/** POD_IP and PORT are for programs without a network of their own: where to listen. */
function baseEnv(
  container: Container,
  program: Program,
  { settings, place, hostname, facts }: StartContext,
): Readonly<Record<string, string>> {
  const declared = usable(container.ports).find((port) => (port.protocol ?? "TCP") === "TCP");
  const port = declared?.containerPort ?? program.defaultPort;
  return {
    PATH: settings.path,
    HOME: "/",
    HOSTNAME: hostname,
    POD_IP: facts.podIp,
    ...(port === undefined ? {} : { PORT: `${place.listenPort(port)}` }),
    ...program.env,
  };
}

function withoutCode(env: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !isCodeVariable(name)));
}
