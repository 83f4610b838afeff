/** Policy, k8s.nginx.org/v1: one rule that VirtualServers, their routes and Ingresses refer to. */

import {
  boolean,
  fields,
  integer,
  list,
  optional,
  type Parsed,
  positionalList,
  text,
} from "#base/schema.ts";
import type { FieldWithoutEffect, Kind } from "../kind.ts";
import { caching } from "./policy-cache.ts";
import { firewall } from "./policy-waf.ts";
import { stateColumn } from "./state-columns.ts";
import { stateStatus } from "./status.ts";
import { fromAlpha } from "./versions.ts";

const rateLimit = fields({
  rate: optional(text, 'As in "10r/s" or "300r/m".'),
  key: optional(
    text,
    "What is counted: a variable of nginx in curly brackets behind a dollar sign.",
  ),
  delay: optional(integer(), "Requests beyond the rate that are not yet delayed."),
  noDelay: optional(boolean, "Whether requests within the burst are not delayed at all."),
  burst: optional(integer(), "Requests beyond the rate that are delayed, not refused."),
  zoneSize: optional(text, 'Memory for what is counted, as in "10m".'),
  dryRun: optional(boolean, "Whether it only counts."),
  logLevel: optional(text, "Under which level refusals are logged."),
  rejectCode: optional(integer(), "Status of what is refused; default 503."),
  scale: optional(boolean, "Whether the rate is divided among replicas."),
  condition: optional(
    fields({
      jwt: optional(
        fields({
          claim: optional(text, "Name of a claim."),
          match: optional(text, "What it must be."),
        }),
        "Those whose token has this claim.",
      ),
      variables: optional(
        positionalList(
          fields({
            name: optional(text, "Name of a variable."),
            match: optional(text, "What it must be."),
          }),
        ),
        "Those for whom variables of nginx are so.",
      ),
      default: optional(boolean, "Whether it concerns those whom no other condition names."),
    }),
    "Whom it concerns.",
  ),
});

const jwt = fields({
  realm: optional(text, "Realm of the challenge."),
  secret: optional(text, "Secret with the keys."),
  token: optional(text, "Variable that holds the token; default the Authorization header."),
  jwksURI: optional(text, "Where the keys are fetched."),
  keyCache: optional(text, "How long fetched keys are kept."),
  sniEnabled: optional(boolean, "Whether the server name is sent when keys are fetched."),
  sniName: optional(text, "That name, where it is not the host of jwksURI."),
  sslVerify: optional(boolean, "Whether the certificate of jwksURI is verified."),
  trustedCertSecret: optional(text, "Secret with the authorities that it is verified by."),
  sslVerifyDepth: optional(integer(), "Longest chain."),
});

const ingressMtls = fields({
  clientCertSecret: optional(
    text,
    "Secret with the authorities that clients' certificates are verified by.",
  ),
  crlFileName: optional(text, "File with revoked certificates."),
  verifyClient: optional(text, '"on", "off", "optional" or "optional_no_ca"; default "on".'),
  verifyDepth: optional(integer(), "Longest chain; default 1."),
});

const egressMtls = fields({
  tlsSecret: optional(text, "Secret with the certificate that upstreams are shown."),
  verifyServer: optional(boolean, "Whether upstreams' certificates are verified; default false."),
  verifyDepth: optional(integer(), "Longest chain; default 1."),
  protocols: optional(text, 'Versions of TLS, as in "TLSv1.2 TLSv1.3".'),
  sessionReuse: optional(boolean, "Whether sessions are taken up again; default true."),
  ciphers: optional(text, "Ciphers, as OpenSSL writes them."),
  trustedCertSecret: optional(text, "Secret with the authorities that upstreams are verified by."),
  serverName: optional(boolean, "Whether the server name is sent."),
  sslName: optional(text, "That name."),
});

const oidc = fields({
  authEndpoint: optional(text, "Where users sign in."),
  tokenEndpoint: optional(text, "Where tokens are had."),
  jwksURI: optional(text, "Where the keys of tokens are fetched."),
  clientID: optional(text, "Who we are to the provider."),
  clientSecret: optional(text, "Secret with our password there."),
  scope: optional(text, 'What is asked for, as in "openid+profile"; default "openid".'),
  redirectURI: optional(text, "Where users come back; default /_codexch."),
  endSessionEndpoint: optional(text, "Where users sign out."),
  postLogoutRedirectURI: optional(text, "Where they come back from there."),
  zoneSyncLeeway: optional(integer(), "Milliseconds within which replicas know of a session."),
  authExtraArgs: optional(list(text), "More arguments for authEndpoint."),
  accessTokenEnable: optional(boolean, "Whether upstreams get the access token."),
  pkceEnable: optional(boolean, "Whether PKCE is used."),
  sslVerify: optional(boolean, "Whether the provider's certificate is verified."),
  trustedCertSecret: optional(text, "Secret with the authorities that it is verified by."),
  sslVerifyDepth: optional(integer(), "Longest chain."),
});

const apiKey = fields({
  suppliedIn: optional(
    fields({
      header: optional(list(text), "Names of headers."),
      query: optional(list(text), "Names of query arguments."),
    }),
    "Where a request carries its key.",
  ),
  clientSecret: optional(text, "Secret with the keys, by client."),
});

const cors = fields({
  allowOrigin: optional(list(text), 'Origins that may ask; "*" is any.'),
  allowMethods: optional(list(text), "Methods that they may use."),
  allowHeaders: optional(list(text), "Headers that they may send."),
  allowCredentials: optional(boolean, "Whether they may send credentials."),
  exposeHeaders: optional(list(text), "Headers that they may read."),
  maxAge: optional(integer(), "Seconds for which a browser keeps this."),
});

const externalAuth = fields({
  authURI: optional(text, "Path that is asked whether a request may pass."),
  authServiceName: optional(text, "Service that answers."),
  authServicePorts: optional(list(integer()), "Its ports."),
  authSigninURI: optional(text, "Where clients are sent who may not pass."),
  authSnippets: optional(text, "Lines of nginx's configuration."),
  authSigninRedirectBasePath: optional(text, "Path below which they come back."),
  sslEnabled: optional(boolean, "Whether the Service is spoken to by TLS."),
  sslVerify: optional(boolean, "Whether its certificate is verified."),
  sslVerifyDepth: optional(integer(), "Longest chain."),
  trustedCertSecret: optional(text, "Secret with the authorities that it is verified by."),
  sniName: optional(text, "Server name that is sent."),
});

const hsts = fields({
  maxAge: optional(integer(), "Seconds for which a browser keeps to HTTPS."),
  includeSubDomains: optional(boolean, "Whether for all hosts below, too."),
  behindProxy: optional(boolean, "Whether X-Forwarded-Proto says how a client came."),
  preload: optional(boolean, "Whether browsers may know it beforehand."),
});

const spec = fields({
  ingressClassName: optional(text, "The class whose controller applies it."),
  accessControl: optional(
    fields({
      allow: optional(list(text), "Networks that may ask; all others may not."),
      deny: optional(list(text), "Networks that may not ask; all others may."),
    }),
    "Whom addresses let in.",
  ),
  rateLimit: optional(rateLimit, "How often a client may ask."),
  jwt: optional(jwt, "Who has a valid token may pass."),
  basicAuth: optional(
    fields({
      realm: optional(text, "Realm of the challenge."),
      secret: optional(text, "Secret with the passwords, under the key htpasswd."),
    }),
    "Who knows a password may pass.",
  ),
  ingressMTLS: optional(ingressMtls, "Who has a client certificate may pass."),
  egressMTLS: optional(egressMtls, "TLS towards upstreams."),
  oidc: optional(oidc, "Who signs in at an OpenID Connect provider may pass."),
  waf: optional(firewall, "A web application firewall."),
  apiKey: optional(apiKey, "Who has a key may pass."),
  cache: optional(caching, "Answers are kept."),
  cors: optional(cors, "What pages of other origins may ask."),
  externalAuth: optional(externalAuth, "A Service is asked who may pass."),
  hsts: optional(hsts, "Browsers are told to keep to HTTPS."),
});

const body = fields({ spec: optional(spec, "The rule.") });

export type Policy = Parsed<typeof body>;

const closed = "expect 500 where it is referred to";

/** Rules that are not applied, each with the reason. */
const unappliedRules: readonly FieldWithoutEffect[] = [
  {
    path: "spec.waf",
    reason: "its rules are for a module of F5's own, which nothing else can read",
    advice: closed,
  },
  {
    path: "spec.cache",
    reason: "answers are not kept",
    advice: "have the upstream bear all requests",
  },
];

const idle: readonly FieldWithoutEffect[] = [
  ...unappliedRules,
  {
    path: "spec.externalAuth.authSnippets",
    reason:
      "it is nginx's own language about the question who may pass, and is not understood, so 500",
    advice: closed,
  },
];

export const policyKind: Kind<Policy> = {
  id: "Policy.k8s.nginx.org",
  group: "k8s.nginx.org",
  version: "v1",
  kind: "Policy",
  plural: "policies",
  shortNames: ["pol"],
  namespaced: true,
  legacy: fromAlpha,
  parse: body,
  withoutEffect: idle,
  columns: [stateColumn],
  definition: {
    description:
      "A rule that VirtualServers, their routes and Ingresses refer to. Exactly one of its fields is given.",
    status: stateStatus,
    retiredVersions: ["v1alpha1"],
  },
};
