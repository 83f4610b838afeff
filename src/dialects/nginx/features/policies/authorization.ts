/** Rules of a Policy that say who may pass: passwords, keys, and a Service that is asked. */

import { err, ok, type Result } from "#base/result.ts";
import type { Policy } from "#kinds/nginx/policy.ts";
import type { Backend } from "#model/backend.ts";
import type { ExternalProtection, Protection, ServiceTls } from "#model/protection.ts";
import type { FindingText } from "../../../common/findings.ts";
import { findEntry, type RuleContext } from "../../policy-secrets.ts";
import { findService, serviceTls } from "../../policy-services.ts";
import { oidc } from "./sign-in.ts";
import { jwt } from "./tokens.ts";

type PolicySpec = NonNullable<Policy["spec"]>;
type Rule = NonNullable<PolicySpec["externalAuth"]>;

/** What the rule asks for; else why it cannot be applied, as the end of a sentence about the Policy. */
type Translate = (spec: PolicySpec, context: RuleContext) => Result<Protection, string>;

/** By the name of the rule, in the order in which they are asked. */
export const authorizationRules: Readonly<Record<string, Translate>> = {
  basicAuth,
  jwt,
  oidc,
  apiKey,
  externalAuth,
};

/** nginx's `proxy_read_timeout`. */
const timeoutMs = 60_000;
/** As nginx answers when a policy cannot be applied, or the service that decides fails. */
const failureStatus = 500;

/** Passwords of a Secret. */
export function basicAuth(
  { basicAuth: rule }: PolicySpec,
  context: RuleContext,
): ReturnType<Translate> {
  const { realm = "", secret = "" } = rule ?? {};
  const passwords = findEntry(secret, { type: "nginx.org/htpasswd", key: "htpasswd" }, context);
  if (!passwords.ok) return passwords;
  const { origin } = context;
  return ok({ kind: "basic", realm, passwords: passwords.value, failureStatus, origin });
}

function apiKey({ apiKey: rule }: PolicySpec, context: RuleContext): ReturnType<Translate> {
  const { header = [], query = [] } = rule?.suppliedIn ?? {};
  const places = [
    ...header.map((name) => ({ in: "header", name }) as const),
    ...query.map((name) => ({ in: "query", name }) as const),
  ];
  if (places.length === 0) return err("is invalid: suppliedIn names no header and no query");
  const keys = findEntry(rule?.clientSecret ?? "", { type: "nginx.org/apikey" }, context);
  if (!keys.ok) return keys;
  const { namespace, name } = keys.value;
  const { origin } = context;
  return ok({ kind: "api-key", places, keys: { namespace, name }, failureStatus, origin });
}

function externalAuth(
  { externalAuth: rule = {} }: PolicySpec,
  context: RuleContext,
): ReturnType<Translate> {
  const { authURI = "", authSigninURI = "", authSnippets = "" } = rule;
  if (authSnippets !== "") return err("has authSnippets, and nginx's language is not understood");
  if (!authURI.startsWith("/")) return err("is invalid: authURI must be a path");
  const port = rule.authServicePorts?.[0] ?? (rule.sslEnabled === true ? 443 : 80);
  const backend = findService(rule.authServiceName ?? "", port, context);
  if (!backend.ok) return backend;
  const tls: Result<{ readonly tls?: ServiceTls }, string> =
    rule.sslEnabled === true ? serviceTls(rule, context) : ok({});
  if (!tls.ok) return tls;
  const { namespace, service } = backend.value;
  return ok({
    kind: "external-request",
    backend: backend.value,
    ...tls.value,
    host: `${service}.${namespace}.svc`,
    path: authURI,
    upstreamHeaders: [],
    ...(authSigninURI === "" ? {} : { signIn: authSigninURI }),
    ...(authSigninURI === "" ? {} : pagesOf(rule, backend.value, tls.value.tls)),
    timeoutMs,
    failureStatus,
    origin: context.origin,
  });
}

const pagesPath = "/oauth2";

/** The Service's own pages. One whose certificate is verified by whom the system trusts cannot be asked by routes. */
function pagesOf(
  { authSigninRedirectBasePath: base = "", sslVerifyDepth: depth = 1 }: Rule,
  backend: Backend,
  tls: ServiceTls | undefined,
): Pick<ExternalProtection, "pages"> {
  const path = base === "" ? pagesPath : base;
  if (tls === undefined) return { pages: { path, backend } };
  const { verify, trusted, serverName } = tls;
  if (!verify) return { pages: { path, backend: { ...backend, tls: "unverified" } } };
  if (trusted === undefined) return {};
  const name = serverName ?? `${backend.service}.${backend.namespace}.svc`;
  const verified = { verified: { trusted, name, depth }, serverName: name };
  return { pages: { path, backend: { ...backend, tls: verified } } };
}

/** What of the rule is not done, though it can be applied. */
export function portsNote({ externalAuth: rule = {} }: PolicySpec): FindingText | undefined {
  const [asked, ...others] = rule.authServicePorts ?? [];
  if (asked === undefined || others.length === 0) return undefined;
  return {
    reason: "OnePortAsked",
    message: `who may pass is asked at port ${asked}; of authServicePorts ${others.join(", ")} are not used`,
    advice: "name one port",
  };
}
