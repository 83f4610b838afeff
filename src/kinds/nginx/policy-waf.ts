/** What a Policy says about a web application firewall (k8s.nginx.org/v1, `spec.waf`). */

import { boolean, fields, integer, optional, positionalList, text } from "#base/schema.ts";

const bundleSource = fields({
  type: optional(text, "What kind of source it is."),
  url: optional(text, "Where it is fetched."),
  secret: optional(text, "Secret with credentials for it."),
  trustedCertSecret: optional(text, "Secret with the authorities that it is verified by."),
  name: optional(text, "Name there."),
  namespace: optional(text, "Namespace there."),
  enablePolling: optional(boolean, "Whether it is fetched again."),
  pollInterval: optional(text, "How often."),
  timeout: optional(text, "Longest time for fetching."),
  retryAttempts: optional(integer(), "How often it is tried again."),
  insecureSkipVerify: optional(boolean, "Whether its certificate is not verified."),
  verifyChecksum: optional(boolean, "Whether its checksum is verified."),
});

const securityLog = fields({
  enable: optional(boolean, "Whether it is written."),
  apLogConf: optional(text, "An APLogConf."),
  apLogBundle: optional(text, "File with a compiled APLogConf."),
  apLogBundleSource: optional(bundleSource, "Where that is fetched."),
  logDest: optional(text, "Where it is sent."),
});

/** Reads `spec.waf` of a Policy. */
export const firewall = fields({
  enable: optional(boolean, "Whether it is in force."),
  apPolicy: optional(text, "An APPolicy."),
  apBundle: optional(text, "File with a compiled APPolicy."),
  apBundleSource: optional(bundleSource, "Where that is fetched."),
  securityLog: optional(securityLog, "A log of what it did."),
  securityLogs: optional(positionalList(securityLog), "Logs of what it did."),
});
