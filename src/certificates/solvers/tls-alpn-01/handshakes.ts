/** What TLS-ALPN-01 needs of whoever serves the proxies. */

import type { ShownHandshake } from "#model/handshake-answer.ts";

export interface SolverHandshakes {
  /** Resolves when every proxy that serves answers so; false when that was not so in good time. */
  readonly answered: (shown: ShownHandshake, signal: AbortSignal) => Promise<boolean>;
  /** What keeps an authority from asking there at all, as a sentence; undefined when nothing is known to. */
  readonly obstacle: () => string | undefined;
}
