/** A part of the bench, and what it is given. */

import type { Plan } from "../plan.ts";
import type { Answers } from "../programs/answers.ts";
import type { PartReport } from "../report/report.ts";
import type { SekishoSettings } from "../subjects/sekisho.ts";
import type { RunningSubject, Subject } from "../subjects/subject.ts";
import type { Backends, World, WorldShape } from "../world/world.ts";

export interface BenchContext {
  readonly plan: Plan;
  /** For what is made once; subjects have directories of their own. */
  readonly directory: string;
  readonly answers: Answers;
  /** Ours, fed and run in that way. */
  readonly sekisho: (settings: SekishoSettings) => Subject;
  /** Our program as it is shipped: the directory of its bundle, and with which Envoy. */
  readonly bundle: string;
  readonly version: string;
  readonly peers: readonly Subject[];
  /** Peers that are not measured, each with the reason. */
  readonly leftOut: readonly string[];
  /** Starts a subject in a directory of its own, which goes when it is disposed of. */
  readonly start: (subject: Subject, shape: WorldShape, backends?: Backends) => Promise<Started>;
  /** Whether programs that are not there may be installed. */
  readonly mayInstall: boolean;
  /** Does one thing with one subject; when it fails, that is noted and the others go on. */
  readonly attempt: <T>(what: string, act: () => Promise<T>) => Promise<T | undefined>;
  /** What failed so far, for the page. */
  readonly failures: string[];
  readonly progress: (text: string) => void;
}

export interface Started extends AsyncDisposable {
  readonly running: RunningSubject;
  readonly world: World;
  /** From the start of the program to the first right answer of the last host. */
  readonly answeredMs: number;
}

export interface Part {
  /** On the command line, and of its files. */
  readonly name: string;
  readonly title: string;
  readonly run: (context: BenchContext) => Promise<PartReport>;
}
