/**
 * Names whose validation failed are tried at the server's staging twin first, until they pass there: failures at the server
 * itself are few that it allows, and count for everybody who uses the account (Let's Encrypt, "Failed Authorizations").
 */

import { jwkThumbprint } from "#crypto/jose/jose.ts";
import type { AcmeAccess } from "./accounts/acme-access.ts";
import type { Sessions } from "./accounts/sessions.ts";
import { createAccount, findAccount } from "./client/account.ts";

export interface Twins {
  /** Whether the server of an issuer has one. */
  readonly has: (access: AcmeAccess) => boolean;
  /** The access of an issuer at the twin of its server; undefined: its server has none. Throws AcmeError. */
  readonly access: (access: AcmeAccess, signal: AbortSignal) => Promise<AcmeAccess | undefined>;
  /** The access by which a URL is asked: at the server, or at its twin. Throws AcmeError. */
  readonly accessFor: (access: AcmeAccess, url: string, signal: AbortSignal) => Promise<AcmeAccess>;
  /** Whether a URL is of the twin of an issuer's server. */
  readonly isAtTwin: (access: AcmeAccess, url: string) => boolean;
}

/** The URL of the directory of a server's twin; undefined: there is none. */
export type TwinOf = (directory: string) => string | undefined;

/** Public servers that have a twin with the same rules, whose certificates nobody trusts. */
export const publicTwins: TwinOf = (directory) =>
  URL.parse(directory)?.hostname === "acme-v02.api.letsencrypt.org"
    ? "https://acme-staging-v02.api.letsencrypt.org/directory"
    : undefined;

/** Accounts there have the key of the account at the server; they are made when they are first needed. */
export function createTwins({
  sessions,
  twinOf,
}: {
  readonly sessions: Sessions;
  readonly twinOf: TwinOf;
}): Twins {
  const accounts = new Map<string, string>();
  const isAtTwin: Twins["isAtTwin"] = ({ config }, url) => {
    const twin = twinOf(config.server);
    return twin !== undefined && URL.parse(twin)?.host === URL.parse(url)?.host;
  };
  const access: Twins["access"] = async (own, signal) => {
    const server = twinOf(own.config.server);
    if (server === undefined) return undefined;
    const session = sessions.to({ ...own.config, server });
    const { key } = own.signer;
    const name = `${server} ${jwkThumbprint(key)}`;
    const known = accounts.get(name);
    if (known !== undefined) return { ...own, session, signer: { key, account: known } };
    const email = own.config.email ?? "";
    const account =
      (await findAccount(session, key, signal)) ??
      (await createAccount(session, key, { email }, signal));
    accounts.set(name, account.url);
    return { ...own, session, signer: { key, account: account.url } };
  };
  return {
    has: ({ config }) => twinOf(config.server) !== undefined,
    access,
    isAtTwin,
    accessFor: async (own, url, signal) =>
      isAtTwin(own, url) ? ((await access(own, signal)) ?? own) : own,
  };
}
