/**
 * Users who signed in at an OpenID Connect provider (OpenID Connect Core 1.0 §3.1), by the authorization code flow:
 *
 *   no session              → to the provider, with a state and a nonce that a sealed cookie remembers
 *   the redirect path       ← from there with a code, which is exchanged for tokens; then back to where it began
 *   a session               the request passes, and tells who it is
 *   /logout                 the session ends here, and at the provider
 *
 * All that is remembered is in cookies, sealed with a key that follows from the client secret: so adapters need not know of
 * each other.
 */

import {
  boolean,
  fields,
  integer,
  list,
  oneOf,
  optional,
  type Parsed,
  required,
  text,
} from "#base/schema.ts";
import { sha256 } from "#base/sha256.ts";
import { isSameSecret, keyedHash } from "#crypto/keyed-hash.ts";
import { type Check, deny, type Header, type Verdict } from "../check.ts";
import { CodeExchange } from "./code-exchange.ts";
import { type Contract, type ContractDeps, contractOf } from "./contract-kind.ts";
import { FetchedKeys, fetchedFields } from "./fetched-keys.ts";
import { forgetCookie, type SealedCookie, sealedCookie, withoutCookies } from "./sealed-cookie.ts";
import { serviceFields } from "./service-address.ts";

const policy = fields({
  kind: required(oneOf("oidc")),
  /** Where users sign in: a URL. */
  authEndpoint: required(text),
  /** Where a code is exchanged. */
  token: required(fields(serviceFields)),
  keys: required(fetchedFields),
  clientId: required(text),
  /** Empty: a public client. */
  clientSecret: required(text),
  /** With blanks between the parts. */
  scope: required(text),
  /** More arguments for the endpoint, as `name=value`. */
  arguments: required(list(text)),
  /** Proof that who brings the code asked for it (RFC 7636). */
  pkce: required(boolean),
  /** Whether the backend gets the access token. */
  passesToken: required(boolean),
  redirectPath: required(text),
  /** Where the session at the provider ends: a URL. */
  endSession: optional(text),
  /** Where users are afterwards: a URL, or a path that is answered here. */
  afterLogout: required(text),
  /** What answers when the provider fails. */
  status: required(integer(400, 599)),
});

export type OidcPolicy = Parsed<typeof policy>;

const logoutPath = "/logout";
/** Between two pages of the provider. */
const flowSeconds = 600;

export const oidc: Contract = contractOf<OidcPolicy>("oidc", policy, (opened, deps) => {
  const keys = new FetchedKeys(opened.keys, deps);
  const exchange = new CodeExchange(opened, deps);
  const signIn = new SignIn(opened, deps, { keys, exchange });
  return {
    judge: (check) => signIn.judge(check),
    close: () => {
      keys.close();
      exchange.close();
    },
  };
});

/** The key of its cookies; `own`: of this process, where there is no secret that all processes know. */
function signInKey(
  {
    clientId,
    clientSecret,
    authEndpoint,
  }: Pick<OidcPolicy, "clientId" | "clientSecret" | "authEndpoint">,
  own: Uint8Array,
): Uint8Array {
  const secret = clientSecret === "" ? own : Buffer.from(clientSecret);
  return Buffer.from(keyedHash(secret, "sign-in", clientId, authEndpoint), "base64");
}

/** The cookie that says who signed in. */
function sessionCookie(key: Uint8Array): SealedCookie {
  return sealedCookie(`sekisho-session-${suffixOf(key)}`, key);
}

/** Cookies of other policies have other names. */
function suffixOf(key: Uint8Array): string {
  return Buffer.from(keyedHash(key, "name"), "base64").toString("hex").slice(0, 8);
}

interface Provider {
  readonly keys: FetchedKeys;
  readonly exchange: CodeExchange;
}

class SignIn {
  readonly #policy: OidcPolicy;
  readonly #deps: ContractDeps;
  readonly #provider: Provider;
  readonly #flow: SealedCookie;
  readonly #session: SealedCookie;

  constructor(opened: OidcPolicy, deps: ContractDeps, provider: Provider) {
    this.#policy = opened;
    this.#deps = deps;
    this.#provider = provider;
    const key = signInKey(opened, deps.key);
    this.#flow = sealedCookie(`sekisho-flow-${suffixOf(key)}`, key);
    this.#session = sessionCookie(key);
  }

  async judge(check: Check): Promise<Verdict> {
    const [path] = check.path.split("?", 1);
    if (path === this.#policy.redirectPath) return await this.#comeBack(check);
    if (path === logoutPath) return this.#leave(check);
    if (path === this.#policy.afterLogout) return deny(200);
    const session = this.#session.read(check, this.#seconds());
    return session === undefined ? this.#send(check) : this.#pass(check, session);
  }

  #pass(check: Check, { sub, token }: Readonly<Record<string, unknown>>): Verdict {
    const others = withoutCookies(check.headers.get("cookie") ?? "", [
      this.#flow.name,
      this.#session.name,
    ]);
    const bearer =
      typeof token === "string" ? [{ name: "authorization", value: `Bearer ${token}` }] : [];
    const cookies = others === "" ? [] : [{ name: "cookie", value: others }];
    const set = [{ name: "username", value: String(sub) }, ...bearer, ...cookies];
    return { kind: "allow", set, remove: others === "" ? ["cookie"] : [], answer: [] };
  }

  /** To the provider. */
  #send(check: Check): Verdict {
    const { authEndpoint, clientId, scope, pkce } = this.#policy;
    const [state, nonce, verifier] = [this.#draw(), this.#draw(), this.#draw()];
    const proof = pkce
      ? {
          code_challenge: Buffer.from(sha256(Buffer.from(verifier)), "hex").toString("base64url"),
          code_challenge_method: "S256",
        }
      : {};
    const url = withArguments(authEndpoint, {
      ...{ response_type: "code", scope, client_id: clientId },
      ...{ redirect_uri: this.#comingBackTo(check), nonce, state, ...proof },
    });
    const more = this.#policy.arguments.map((one) => `&${one}`).join("");
    const target = addressOf(check, check.path);
    const until = this.#seconds() + flowSeconds;
    const remembered = this.#flow.write({ state, nonce, verifier, target }, until, check);
    const location: Header = { name: "location", value: `${url}${more}` };
    return remembered === undefined ? deny(this.#policy.status) : deny(302, location, remembered);
  }

  /** With a code, or without. */
  async #comeBack(check: Check): Promise<Verdict> {
    const seconds = this.#seconds();
    const flow = this.#flow.read(check, seconds);
    const given = new URLSearchParams(check.path.split("?").slice(1).join("?"));
    const { state, nonce, verifier, target } = flow ?? {};
    const isOurs =
      typeof state === "string" &&
      typeof nonce === "string" &&
      typeof verifier === "string" &&
      typeof target === "string" &&
      isSameSecret(state, given.get("state") ?? "");
    const code = given.get("code");
    // Whoever did not begin here is not let in by somebody else's code.
    if (!isOurs || code === null) return deny(403);
    const keys = await this.#provider.keys.keys();
    const redirect = this.#comingBackTo(check);
    const tokens = await this.#provider.exchange.exchange({ code, verifier, redirect });
    if (keys === undefined || tokens === undefined) return deny(this.#policy.status);
    const user = this.#provider.exchange.userIn(tokens, { keys: keys.keys, nonce, seconds });
    if (user === undefined) return deny(403);
    const said = { sub: user.sub, ...(this.#policy.passesToken ? { token: tokens.access } : {}) };
    const remembered = this.#session.write(said, user.until, check);
    if (remembered === undefined) return deny(this.#policy.status);
    return deny(302, { name: "location", value: target }, remembered);
  }

  #leave(check: Check): Verdict {
    const { endSession, afterLogout, clientId } = this.#policy;
    const after = afterLogout.startsWith("/") ? addressOf(check, afterLogout) : afterLogout;
    const value =
      endSession === undefined
        ? after
        : withArguments(endSession, { client_id: clientId, post_logout_redirect_uri: after });
    return deny(302, { name: "location", value }, forgetCookie(this.#session));
  }

  /** As providers have it registered: with the port, also where it is the scheme's own. */
  #comingBackTo({ scheme, host }: Check): string {
    const port = /:\d+$/.test(host) ? "" : scheme === "https" ? ":443" : ":80";
    return `${scheme}://${host}${port}${this.#policy.redirectPath}`;
  }

  #draw(): string {
    return Buffer.from(this.#deps.random.bytes(32)).toString("base64url");
  }

  #seconds(): number {
    return this.#deps.clock.now().epochMilliseconds / 1000;
  }
}

/** Of this host: nobody is sent to another one. */
function addressOf({ scheme, host }: Check, path: string): string {
  return `${scheme}://${host}${path}`;
}

function withArguments(url: string, given: Readonly<Record<string, string>>): string {
  return `${url}${url.includes("?") ? "&" : "?"}${new URLSearchParams(given).toString()}`;
}
