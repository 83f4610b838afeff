/** How an Envoy comes to serve: one that runs is adopted, hot restarted or replaced; where none runs, one is started. */

import type { Clock } from "#runtime/clock.ts";
import type { Files } from "#runtime/files.ts";
import { FilesError } from "#runtime/files.ts";
import { adoptChild } from "#runtime/processes/adopted-child.ts";
import type { Child, Processes, ProcessIdentity } from "#runtime/processes/processes.ts";
import type { Random } from "#runtime/random.ts";
import type { Log } from "#runtime/telemetry/log.ts";
import type { EnvoyAdmin } from "./admin.ts";
import { findBeginning } from "./adoption/beginning.ts";
import { EnvoyRoster, identityOf, type RecordedEnvoy } from "./adoption/envoy-roster.ts";
import { type HotRestart, hotRestart, untilTakenOver } from "./adoption/hot-restart.ts";
import { Retirements } from "./adoption/retirement.ts";
import { standInFor } from "./adoption/stand-in.ts";
import { type DrainSettings, drain } from "./drain.ts";
import { endProcess } from "./end-process.ts";
import type { EnvoyEvent } from "./envoy-event.ts";
import type { Launched, LaunchSettings } from "./launch.ts";
import { fingerprintOf, launchEnvoy, listenForWords, removeLeftovers } from "./launch.ts";

export interface StarterDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly files: Files;
  readonly processes: Processes;
  readonly log: Log;
  readonly admin: EnvoyAdmin;
}

export interface StarterSettings extends LaunchSettings {
  readonly drain: DrainSettings;
  /** How long the Envoy before a hot restart may go on with what is open. */
  readonly retirement: Temporal.Duration;
  readonly stopping: AbortSignal;
  /** Told which Envoy is to be drained when we are told to stop before {@link EnvoyStarter.next} has its answer. */
  readonly attend: (child: Child) => void;
  readonly onEvent: (event: EnvoyEvent) => void;
}

export interface Serving {
  readonly launched: Launched;
  /** It is known to serve: it did before. */
  readonly isReady: boolean;
}

/** Without its heir a stand-in has nothing to do. */
const none = new Temporal.Duration();

export class EnvoyStarter {
  /** The old Envoys of hot restarts. */
  readonly retirements: Retirements;
  readonly #deps: StarterDeps;
  readonly #settings: StarterSettings;
  readonly #roster: EnvoyRoster;
  #hasLooked = false;

  constructor(deps: StarterDeps, settings: StarterSettings) {
    this.#deps = deps;
    this.#settings = settings;
    this.#roster = new EnvoyRoster(deps.files, settings.paths.roster);
    const retired = (identity: ProcessIdentity): Promise<void> => this.#retired(identity);
    this.retirements = new Retirements({ ...deps, retired }, settings.retirement);
  }

  /** How many run, stand-ins not counted; undefined until it was looked who does. */
  get running(): number | undefined {
    if (!this.#hasLooked) return undefined;
    return this.#roster.envoys.filter(({ state }) => state !== "standing-in").length;
  }

  /** An Envoy that runs already, its successor, or one of our own. */
  async next(): Promise<Serving> {
    if (this.#settings.outlivesUs === false) {
      this.#hasLooked = true;
      return await this.#launch();
    }
    const beginning = await findBeginning(this.#deps, this.#settings, this.#roster);
    this.#hasLooked = true;
    for (const entry of this.#roster.envoys) {
      const heir = this.#roster.heirOf(entry);
      const identities = [identityOf(entry), heir && identityOf(heir)] as const;
      if (entry.state === "retiring") this.retirements.begin(...identities);
      if (entry.state === "standing-in") this.retirements.begin(...identities, none);
    }
    switch (beginning.kind) {
      case "fresh":
        return await this.#launch();
      case "adopt":
        return await this.#adopt(beginning.envoy);
      case "replace":
        this.#settings.onEvent({ kind: "replacing", why: beginning.why });
        await this.#endReplaced(beginning.envoy);
        return await this.#launch();
      case "hot-restart":
        return await this.#hotRestart(beginning.envoy);
      case "taking-over":
        return await this.#finishHotRestart(beginning.envoy, beginning.successor);
    }
  }

  async #launch(): Promise<Serving> {
    const launched = await launchEnvoy(this.#deps, this.#settings);
    this.#settings.attend(launched.child);
    await this.#enrol(launched.child, { epoch: 0, state: "serving" });
    return { launched, isReady: false };
  }

  async #enrol({ identity }: Child, role: Pick<RecordedEnvoy, "epoch" | "state">): Promise<void> {
    this.#settings.onEvent({ kind: "started", identity });
    await this.#roster.add({ ...identity, fingerprint: fingerprintOf(this.#settings), ...role });
  }

  async #adopt(entry: RecordedEnvoy): Promise<Serving> {
    const { files } = this.#deps;
    const child = adoptChild(this.#deps, identityOf(entry));
    const lastWords = await listenForWords(files, this.#settings.paths);
    this.#settings.onEvent({ kind: "adopted", identity: child.identity });
    return { launched: { child, lastWords }, isReady: false };
  }

  async #endReplaced(entry: RecordedEnvoy): Promise<void> {
    const identity = identityOf(entry);
    await this.#roster.retire(identity);
    await drain(this.#deps, this.#settings.drain, this.#settings.stopping);
    await endProcess(this.#deps, identity);
    await this.#roster.remove(identity);
    await removeLeftovers(this.#deps.files, this.#settings.paths);
  }

  async #hotRestart(old: RecordedEnvoy): Promise<Serving> {
    const kept = await this.#keep(old);
    // The new one makes the old one end the one before it, and cut off all that is open there.
    await this.retirements.idle(this.#settings.stopping);
    this.#settings.onEvent({ kind: "hot-restarting" });
    const started = ({ child }: Launched): Promise<void> =>
      this.#enrol(child, { epoch: old.epoch + 1, state: "starting" });
    const deps = { ...this.#deps, started };
    const { exited } = kept.launched.child;
    const outcome = await hotRestart(
      deps,
      this.#settings,
      { epoch: old.epoch, exited },
      this.#settings.stopping,
    );
    return (await this.#settle(outcome, old)) ?? { ...kept, isReady: true };
  }

  /** Waits for a hot restart that was under way; what it led to may not be what is wanted now. */
  async #finishHotRestart(old: RecordedEnvoy, successor: RecordedEnvoy): Promise<Serving> {
    const kept = await this.#keep(old);
    this.#settings.onEvent({ kind: "hot-restarting" });
    const { files } = this.#deps;
    const child = adoptChild(this.#deps, identityOf(successor));
    const launched = { child, lastWords: await listenForWords(files, this.#settings.paths) };
    const outcome = await untilTakenOver(
      this.#deps,
      launched,
      { epoch: old.epoch, exited: kept.launched.child.exited },
      this.#settings.stopping,
    );
    const serving = await this.#settle(outcome, old);
    if (serving === undefined) return { ...kept, isReady: true };
    const isWanted = successor.fingerprint === fingerprintOf(this.#settings);
    return isWanted ? serving : await this.next();
  }

  /** The Envoy that goes on serving while another starts: told to stop meanwhile, it has requests to end. */
  async #keep(old: RecordedEnvoy): Promise<Serving> {
    const kept = await this.#adopt(old);
    this.#settings.attend(kept.launched.child);
    return kept;
  }

  /** The Envoy that took over; undefined when the old one goes on. */
  async #settle(outcome: HotRestart, old: RecordedEnvoy): Promise<Serving | undefined> {
    if (outcome.kind === "taken-over") {
      const { launched } = outcome;
      await this.#roster.handOver(launched.child.identity);
      this.retirements.begin(identityOf(old), launched.child.identity);
      return { launched, isReady: false };
    }
    for (const entry of this.#roster.envoys) {
      if (entry.state === "starting") await this.#roster.remove(identityOf(entry));
    }
    // The administration interface may be gone with the new one, so nobody could say that the old one is ready.
    if (outcome.kind === "failed")
      this.#settings.onEvent({ kind: "hot-restart-failed", why: outcome.why });
    return undefined;
  }

  /** An old one is gone: ended by its heir, by us without one, or before its time. */
  async #retired(identity: ProcessIdentity): Promise<void> {
    const entry = this.#roster.find(identity);
    if (entry === undefined) return;
    const standIn = await standInFor(this.#deps, this.#settings, this.#roster, entry);
    if (standIn !== undefined) {
      this.#settings.onEvent({ kind: "bereaved", identity, standIn: standIn.identity });
      this.retirements.begin(standIn.identity, standIn.heir, none);
      return;
    }
    await this.#roster.remove(identity);
    if (entry.state === "retiring") this.#settings.onEvent({ kind: "retired", identity });
  }

  /** Writes down that an Envoy is being drained: should we be killed on the way, it is not adopted. */
  async retire(identity: ProcessIdentity): Promise<void> {
    try {
      await this.#roster.retire(identity);
    } catch (cause) {
      // A full disk must not keep an Envoy from being ended.
      if (!(cause instanceof FilesError)) throw cause;
      this.#deps.log.warn("an Envoy that is drained is not written down", { error: cause.message });
    }
  }

  /** Forgets an Envoy that is gone. */
  async ended(identity: ProcessIdentity): Promise<void> {
    await this.#roster.remove(identity);
    await removeLeftovers(this.#deps.files, this.#settings.paths);
  }
}
