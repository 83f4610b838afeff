/** What HTTP-01 needs of whoever serves the proxies. */

import type { SolverRoute } from "#model/solver-route.ts";

export interface SolverRoutes {
  /** Resolves when every proxy that serves gives the answer; false when that was not so in good time. */
  readonly answered: (route: SolverRoute, signal: AbortSignal) => Promise<boolean>;
  /** What keeps an authority from asking there at all, as a sentence; undefined when nothing is known to. */
  readonly obstacle: () => string | undefined;
}
