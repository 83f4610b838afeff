/** Services that a rule of a Policy asks, and how they are spoken to. */

import { err, ok, type Result } from "#base/result.ts";
import { serviceKind } from "#kinds/service.ts";
import type { Backend } from "#model/backend.ts";
import type { AskedServer, ServiceTls } from "#model/protection.ts";
import { isLabel, isServiceName } from "./names.ts";
import { findEntry, type RuleContext } from "./policy-secrets.ts";

/** nginx's `proxy_connect_timeout`. */
const connectTimeoutMs = 60_000;

/** `auth`, `security/auth`: a Service with that port; else why not, as the end of a sentence about the Policy. */
export function findService(
  text: string,
  port: number,
  { origin, world }: RuleContext,
): Result<Backend, string> {
  const [first = "", second, ...more] = text.split("/");
  const namespace = second === undefined ? origin.namespace : first;
  const service = second ?? first;
  if (!isLabel(namespace) || !isServiceName(service) || more.length > 0)
    return err("is invalid: authServiceName must name a Service");
  const known = world.get(serviceKind, namespace, service);
  if (known === undefined) return err(`asks Service ${namespace}/${service}, which does not exist`);
  const spec = known.value?.spec;
  if (spec?.type !== "ExternalName" && !(spec?.ports ?? []).some((entry) => entry.port === port))
    return err(`asks port ${port} of Service ${namespace}/${service}, which has no such port`);
  return ok({ namespace, service, port, protocol: "http1", connectTimeoutMs });
}

/** Somebody who is asked at a URL: a Service of the cluster by its name there, or whoever has the name elsewhere. */
export function askedAt(
  text: string,
  tlsFields: TlsFields,
  context: RuleContext,
): Result<AskedServer, string> {
  const url = URL.parse(text);
  if (url === null || !["http:", "https:"].includes(url.protocol))
    return err("must be a URL with http:// or https://");
  const server = serverAt(url, context);
  if (!server.ok) return server;
  const tls = url.protocol === "https:" ? serviceTls(tlsFields, context) : ok({});
  if (!tls.ok) return tls;
  const { host, pathname, search } = url;
  return ok({ server: server.value, ...tls.value, host, path: `${pathname}${search}` });
}

function serverAt(
  { protocol, hostname, port: given }: URL,
  context: RuleContext,
): Result<AskedServer["server"], string> {
  const port = given === "" ? (protocol === "https:" ? 443 : 80) : Number(given);
  const [, service, namespace] =
    /^([a-z][-a-z0-9]*)\.([a-z0-9][-a-z0-9]*)\.svc(?:\.cluster\.local)?$/.exec(hostname) ?? [];
  if (service === undefined) return ok({ name: hostname, port });
  return findService(`${namespace}/${service}`, port, context);
}

interface TlsFields {
  readonly sslVerify?: boolean | undefined;
  readonly trustedCertSecret?: string | undefined;
  readonly sniName?: string | undefined;
}

/** TLS towards a Service. */
export function serviceTls(
  { sslVerify, trustedCertSecret: secret = "", sniName }: TlsFields,
  context: RuleContext,
): Result<{ readonly tls: ServiceTls }, string> {
  const serverName = sniName === undefined ? {} : { serverName: sniName };
  const verify = sslVerify === true;
  if (!verify || secret === "") return ok({ tls: { verify, ...serverName } });
  const trusted = findEntry(secret, { type: "nginx.org/ca", key: "ca.crt" }, context);
  return trusted.ok ? ok({ tls: { verify, trusted: trusted.value, ...serverName } }) : trusted;
}
