/** Hands the listeners of a running Envoy to a new one: no connection is refused, no request is lost. */

import type { Clock } from "#runtime/clock.ts";
import type { Files } from "#runtime/files.ts";
import { FilesError } from "#runtime/files.ts";
import { pause } from "#runtime/pause.ts";
import type { Processes } from "#runtime/processes/processes.ts";
import { ProcessError } from "#runtime/processes/processes.ts";
import type { Random } from "#runtime/random.ts";
import type { EnvoyAdmin } from "../admin.ts";
import { endChild } from "../end-process.ts";
import { type ExitReason, explainExit, explainNoStart } from "../exit-reason.ts";
import { type Launched, type LaunchSettings, launchEnvoy, readBaseId } from "../launch.ts";
import { validateBootstrap } from "../validate.ts";
import { forgetInterruptedStart } from "./shared-memory.ts";

export interface HotRestartDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly files: Files;
  readonly processes: Processes;
  /** Answers for the newest Envoy from the moment it has read its bootstrap. */
  readonly admin: EnvoyAdmin;
  /** Told as soon as the new one runs. */
  readonly started: (launched: Launched) => Promise<void>;
}

/** What kept the new Envoy from serving; the old one goes on. */
export type HotRestartFailure = Pick<ExitReason, "message" | "advice">;

export type HotRestart =
  | { readonly kind: "taken-over"; readonly launched: Launched }
  | { readonly kind: "failed"; readonly why: HotRestartFailure }
  /** Told to stop, or the old one died meanwhile: the new one is gone, without the old one it cannot start. */
  | { readonly kind: "stopped" };

/** The Envoy that serves until the new one does. */
export interface Predecessor {
  readonly epoch: number;
  /** Resolves when it is gone. */
  readonly exited: Promise<unknown>;
}

export interface HotRestartSettings extends LaunchSettings {
  /** How long the old one may go on with what is open. */
  readonly retirement: Temporal.Duration;
}

const lookEvery = Temporal.Duration.from({ milliseconds: 50 });

/**
 * Starts the next epoch and waits until it serves: only then does Envoy close the old one's listeners. The bootstrap
 * is tried first, because a new Envoy that dies on its way takes the old one's administration interface with it.
 */
export async function hotRestart(
  deps: HotRestartDeps,
  settings: HotRestartSettings,
  old: Predecessor,
  stopping: AbortSignal,
): Promise<HotRestart> {
  try {
    return await takeOver(deps, settings, old, stopping);
  } catch (cause) {
    if (!(cause instanceof ProcessError || cause instanceof FilesError)) throw cause;
    return { kind: "failed", why: explainNoStart(cause) };
  }
}

async function takeOver(
  deps: HotRestartDeps,
  settings: HotRestartSettings,
  old: Predecessor,
  stopping: AbortSignal,
): Promise<HotRestart> {
  const { program, paths, bootstrap, retirement } = settings;
  const trial = await validateBootstrap(deps, { program, directory: paths.directory }, bootstrap);
  if (!trial.ok) return { kind: "failed", why: trial.error };
  if (stopping.aborted) return { kind: "stopped" };
  const baseId = (await readBaseId(deps.files, paths.baseId)) ?? "";
  await forgetInterruptedStart(deps, baseId);
  const launched = await launchEnvoy(deps, settings, { baseId, epoch: old.epoch + 1, retirement });
  await deps.started(launched);
  return await untilTakenOver(deps, launched, old, stopping);
}

/** Waits until the Envoy that was started after `old` serves, or one of them has ended. */
export async function untilTakenOver(
  deps: Pick<HotRestartDeps, "clock" | "processes" | "admin">,
  launched: Launched,
  old: Predecessor,
  stopping: AbortSignal,
): Promise<HotRestart> {
  const ended = new AbortController();
  const exited = launched.child.exited.finally(() => ended.abort());
  const alone = new AbortController();
  void old.exited.then(() => alone.abort());
  const over = AbortSignal.any([ended.signal, alone.signal, stopping]);
  const isReady = await untilReady(deps, old.epoch + 1, over);
  if (isReady && !ended.signal.aborted) return { kind: "taken-over", launched };
  if (!ended.signal.aborted) {
    await endChild(deps, launched.child);
    return { kind: "stopped" };
  }
  return { kind: "failed", why: explainExit(await exited, await launched.lastWords()) };
}

/** Until the new one binds the administration socket anew, the old one answers there. */
async function untilReady(
  { clock, admin }: Pick<HotRestartDeps, "clock" | "admin">,
  epoch: number,
  over: AbortSignal,
): Promise<boolean> {
  while (!over.aborted) {
    const isNew = (await admin.epoch()) === epoch;
    if (isNew && (await admin.isReady(over))) return !over.aborted;
    await pause(clock, lookEvery, over);
  }
  return false;
}
