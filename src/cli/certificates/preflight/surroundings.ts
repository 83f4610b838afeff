/** What `cert preflight` is asked, and what is known of whoever would get the certificate. */

import type { Settings } from "#config/settings.ts";
import type { Verdict } from "../../cluster/verdict.ts";
import type { ObjectHome } from "../../objects/object-home.ts";
import type { WantedIssuer } from "./wanted-issuer.ts";

export interface Surroundings {
  /** In lower case; with `*.` before it when it is a wildcard. */
  readonly name: string;
  readonly settings: Settings;
  /** Absent: no gate runs, and no cluster is named. */
  readonly home: ObjectHome | undefined;
  readonly issuer: WantedIssuer | undefined;
  readonly signal: AbortSignal;
}

export interface NameVerdict extends Verdict {
  /** A DNS record that would mend it. */
  readonly record?: string;
}
