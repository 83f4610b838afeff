/** What a start of a container is made of, or what it waits for. */

import type { Mount } from "../isolation/isolation.ts";
import type { Missing } from "./env.ts";

/** A start that can be made now. */
export interface Prepared {
  readonly kind: "ready";
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly workingDir: string | undefined;
  readonly mounts: readonly Mount[];
  readonly manifestCommands: boolean;
  /** See `programId` in `program.ts`. */
  readonly program: string;
}

export type Preparation =
  | Prepared
  | { readonly kind: "waiting"; readonly reason: string; readonly missing: readonly Missing[] };

/** For a program that runs although its start could not be prepared now: commands of its manifest do without. */
export const unprepared: Prepared = {
  kind: "ready",
  ...{ command: "", args: [], env: {}, workingDir: undefined, mounts: [] },
  ...{ manifestCommands: false, program: "" },
};
