/** Hands the listeners of a running Envoy to a new one: no connection is refused, no request is lost. */

import type { Clock } from "#runtime/clock.ts";
import type { Files } from "#runtime/files.ts";
import { FilesError } from "#runtime/files.ts";
import type { Processes } from "#runtime/processes.ts";
import { ProcessError } from "#runtime/processes.ts";
import type { Random } from "#runtime/random.ts";
import type { EnvoyAdmin } from "../admin.ts";
import { endChild } from "../end-process.ts";
import { type ExitReason, explainExit, explainNoStart } from "../exit-reason.ts";
import { type Launched, type LaunchSettings, launchEnvoy, readBaseId } from "../launch.ts";
import { validateBootstrap } from "../validate.ts";
import type { RecordedEnvoy } from "./envoy-roster.ts";

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
  /** Told to stop meanwhile: the new one is gone. */
  | { readonly kind: "stopped" };

const lookEvery = Temporal.Duration.from({ milliseconds: 50 });

/**
 * Starts the next epoch and waits until it serves: only then does Envoy close the old one's listeners. The bootstrap
 * is tried first, because a new Envoy that dies on its way takes the old one's administration interface with it.
 */
export async function hotRestart(
  deps: HotRestartDeps,
  settings: LaunchSettings,
  old: RecordedEnvoy,
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
  settings: LaunchSettings,
  old: RecordedEnvoy,
  stopping: AbortSignal,
): Promise<HotRestart> {
  const { program, paths, bootstrap } = settings;
  const trial = await validateBootstrap(deps, { program, directory: paths.directory }, bootstrap);
  if (!trial.ok) return { kind: "failed", why: trial.error };
  if (stopping.aborted) return { kind: "stopped" };
  const baseId = (await readBaseId(deps.files, settings.paths)) ?? "";
  const launched = await launchEnvoy(deps, settings, { baseId, epoch: old.epoch + 1 });
  await deps.started(launched);
  return await untilTakenOver(deps, launched, old.epoch + 1, stopping);
}

/** Waits until an Envoy that was started as `epoch` serves or has ended. */
export async function untilTakenOver(
  deps: Pick<HotRestartDeps, "clock" | "processes" | "admin">,
  launched: Launched,
  epoch: number,
  stopping: AbortSignal,
): Promise<HotRestart> {
  const ended = new AbortController();
  const exited = launched.child.exited.finally(() => ended.abort());
  const isReady = await untilReady(deps, epoch, AbortSignal.any([ended.signal, stopping]));
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

async function pause(clock: Clock, duration: Temporal.Duration, over: AbortSignal): Promise<void> {
  try {
    await clock.sleep(duration, over);
  } catch (cause) {
    if (!over.aborted) throw cause;
  }
}
