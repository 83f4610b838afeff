/** What a Policy says about a web application firewall (k8s.nginx.org/v1, `spec.waf`). */

import { boolean, fields, integer, optional, positionalList, text } from "#base/schema.ts";

const bundleSource = fields({
  type: optional(text),
  url: optional(text),
  secret: optional(text),
  trustedCertSecret: optional(text),
  name: optional(text),
  namespace: optional(text),
  enablePolling: optional(boolean),
  pollInterval: optional(text),
  timeout: optional(text),
  retryAttempts: optional(integer()),
  insecureSkipVerify: optional(boolean),
  verifyChecksum: optional(boolean),
});

const securityLog = fields({
  enable: optional(boolean),
  apLogConf: optional(text),
  apLogBundle: optional(text),
  apLogBundleSource: optional(bundleSource),
  logDest: optional(text),
});

/** Reads `spec.waf` of a Policy. */
export const firewall = fields({
  enable: optional(boolean),
  apPolicy: optional(text),
  apBundle: optional(text),
  apBundleSource: optional(bundleSource),
  securityLog: optional(securityLog),
  securityLogs: optional(positionalList(securityLog)),
});
