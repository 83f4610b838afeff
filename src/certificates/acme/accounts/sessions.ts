/** One session for each ACME server that issuers name, with what they verify it by. */

import type { AcmeIssuer } from "#kinds/cert-manager/acme-issuer.ts";
import type { AcmeDeps } from "../acme-deps.ts";
import { meterTransport } from "../client/metered-transport.ts";
import { createOutboundTransport } from "../client/outbound-transport.ts";
import { AcmeSession } from "../client/session.ts";

export interface Sessions {
  /** The session for an issuer; those that say the same share one. */
  readonly to: (config: Pick<AcmeIssuer, "server" | "caBundle" | "skipTLSVerify">) => AcmeSession;
}

/** The one that was not used for longest goes first. */
const maxSessions = 100;

type SessionDeps = Pick<AcmeDeps, "clock" | "door" | "metrics" | "userAgent">;

/** No session yet; they are made as issuers need them. */
export function createSessions(deps: SessionDeps): Sessions {
  const sessions = new Map<string, AcmeSession>();
  return {
    to: ({ server, caBundle, skipTLSVerify }) => {
      const key = JSON.stringify([server, caBundle ?? "", skipTLSVerify === true]);
      const session = sessions.get(key) ?? open(deps, { server, caBundle, skipTLSVerify });
      sessions.delete(key);
      sessions.set(key, session);
      const [oldest] = sessions.keys();
      if (sessions.size > maxSessions && oldest !== undefined) sessions.delete(oldest);
      return session;
    },
  };
}

function open(
  { clock, door, metrics, userAgent }: SessionDeps,
  {
    server,
    caBundle,
    skipTLSVerify = false,
  }: {
    readonly server: string;
    readonly caBundle: string | undefined;
    readonly skipTLSVerify: boolean | undefined;
  },
): AcmeSession {
  const authorities =
    caBundle === undefined ? {} : { authorities: Buffer.from(caBundle, "base64").toString() };
  const trust = { ...authorities, unverified: skipTLSVerify };
  const transport = meterTransport(createOutboundTransport(door, trust), { clock, metrics });
  return new AcmeSession({ clock, transport, userAgent }, server);
}
