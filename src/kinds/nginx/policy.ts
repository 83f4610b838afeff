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
import type { Kind } from "../kind.ts";
import { caching } from "./policy-cache.ts";
import { firewall } from "./policy-waf.ts";
import { stateColumn } from "./state-columns.ts";
import { fromAlpha } from "./versions.ts";

const rateLimit = fields({
  rate: optional(text),
  key: optional(text),
  delay: optional(integer()),
  noDelay: optional(boolean),
  burst: optional(integer()),
  zoneSize: optional(text),
  dryRun: optional(boolean),
  logLevel: optional(text),
  rejectCode: optional(integer()),
  scale: optional(boolean),
  condition: optional(
    fields({
      jwt: optional(fields({ claim: optional(text), match: optional(text) })),
      variables: optional(positionalList(fields({ name: optional(text), match: optional(text) }))),
      default: optional(boolean),
    }),
  ),
});

const jwt = fields({
  realm: optional(text),
  secret: optional(text),
  token: optional(text),
  jwksURI: optional(text),
  keyCache: optional(text),
  sniEnabled: optional(boolean),
  sniName: optional(text),
  sslVerify: optional(boolean),
  trustedCertSecret: optional(text),
  sslVerifyDepth: optional(integer()),
});

const ingressMtls = fields({
  clientCertSecret: optional(text),
  crlFileName: optional(text),
  verifyClient: optional(text),
  verifyDepth: optional(integer()),
});

const egressMtls = fields({
  tlsSecret: optional(text),
  verifyServer: optional(boolean),
  verifyDepth: optional(integer()),
  protocols: optional(text),
  sessionReuse: optional(boolean),
  ciphers: optional(text),
  trustedCertSecret: optional(text),
  serverName: optional(boolean),
  sslName: optional(text),
});

const oidc = fields({
  authEndpoint: optional(text),
  tokenEndpoint: optional(text),
  jwksURI: optional(text),
  clientID: optional(text),
  clientSecret: optional(text),
  scope: optional(text),
  redirectURI: optional(text),
  endSessionEndpoint: optional(text),
  postLogoutRedirectURI: optional(text),
  zoneSyncLeeway: optional(integer()),
  authExtraArgs: optional(list(text)),
  accessTokenEnable: optional(boolean),
  pkceEnable: optional(boolean),
  sslVerify: optional(boolean),
  trustedCertSecret: optional(text),
  sslVerifyDepth: optional(integer()),
});

const apiKey = fields({
  suppliedIn: optional(fields({ header: optional(list(text)), query: optional(list(text)) })),
  clientSecret: optional(text),
});

const cors = fields({
  allowOrigin: optional(list(text)),
  allowMethods: optional(list(text)),
  allowHeaders: optional(list(text)),
  allowCredentials: optional(boolean),
  exposeHeaders: optional(list(text)),
  maxAge: optional(integer()),
});

const externalAuth = fields({
  authURI: optional(text),
  authServiceName: optional(text),
  authServicePorts: optional(list(integer())),
  authSigninURI: optional(text),
  authSnippets: optional(text),
  authSigninRedirectBasePath: optional(text),
  sslEnabled: optional(boolean),
  sslVerify: optional(boolean),
  sslVerifyDepth: optional(integer()),
  trustedCertSecret: optional(text),
  sniName: optional(text),
});

const hsts = fields({
  maxAge: optional(integer()),
  includeSubDomains: optional(boolean),
  behindProxy: optional(boolean),
  preload: optional(boolean),
});

const spec = fields({
  ingressClassName: optional(text),
  accessControl: optional(fields({ allow: optional(list(text)), deny: optional(list(text)) })),
  rateLimit: optional(rateLimit),
  jwt: optional(jwt),
  basicAuth: optional(fields({ realm: optional(text), secret: optional(text) })),
  ingressMTLS: optional(ingressMtls),
  egressMTLS: optional(egressMtls),
  oidc: optional(oidc),
  waf: optional(firewall),
  apiKey: optional(apiKey),
  cache: optional(caching),
  cors: optional(cors),
  externalAuth: optional(externalAuth),
  hsts: optional(hsts),
});

const body = fields({ spec: optional(spec) });

export type Policy = Parsed<typeof body>;

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
  withoutEffect: [
    {
      path: "spec",
      reason: "no rule of a Policy is applied",
      advice: "expect 500 where it is referred to",
    },
  ],
  columns: [stateColumn],
};
