/** Every field of this dialect's kinds and every annotation of Ingresses, and what becomes of it. */

import { virtualServerKind } from "#kinds/nginx/virtual-server.ts";
import { virtualServerRouteKind } from "#kinds/nginx/virtual-server-route.ts";
import type { KindId } from "#kinds/object.ts";
import { honoured, refused, type SupportRow } from "../common/support.ts";
import { annotationSupport } from "./features/annotations.ts";
import { actionSupport } from "./features/routes/action.ts";
import { conditionSupport } from "./features/routes/conditions.ts";
import { routeSupport } from "./features/routes/route.ts";
import { backendSupport } from "./features/upstreams/backend.ts";
import { rowsAt } from "./field-support.ts";
import { configMapSupport, ingressSupport } from "./ingress/support.ts";
import { policySupport } from "./policy-support.ts";
import { streamSupport } from "./stream-support.ts";

function routeRows(kind: KindId, place: string): readonly SupportRow[] {
  const actions = ["action", "splits[].action", "matches[].action", "matches[].splits[].action"];
  return [
    ...rowsAt(kind, place, routeSupport),
    ...rowsAt(kind, `${place}.matches[].conditions[]`, conditionSupport),
    ...actions.flatMap((action) => rowsAt(kind, `${place}.${action}`, actionSupport)),
  ];
}

const server = virtualServerKind.id;
const delegate = virtualServerRouteKind.id;

const certManager = [
  ...["cluster-issuer", "issuer", "issuer-kind", "issuer-group", "common-name", "duration"],
  ...["renew-before", "usages", "issue-temp-cert"],
];

const externalDns = [
  ...["enable", "recordType", "recordTTL", "labels", "providerSpecific[].name"],
  "providerSpecific[].value",
];

export const nginxSupport: readonly SupportRow[] = [
  ...honoured(server, "spec.ingressClassName", "spec.host", "spec.tls.secret"),
  ...honoured(server, "spec.tls.redirect.enable", "spec.tls.redirect.code"),
  {
    kind: server,
    field: "spec.tls.redirect.basedOn",
    support: "approximated",
    how: "X-Forwarded-Proto is believed from the proxies that the gate trusts, and from nobody else",
  },
  ...honoured(server, ...certManager.map((name) => `spec.tls.cert-manager.${name}`)),
  ...honoured(server, ...externalDns.map((name) => `spec.externalDNS.${name}`)),
  ...honoured(server, "spec.listener.http", "spec.listener.https"),
  {
    kind: server,
    field: "spec.gunzip",
    support: "approximated",
    how: "on hosts without a wildcard; there other answers stay as they are",
  },
  ...honoured(server, "spec.policies[].name", "spec.policies[].namespace"),
  ...refused(server, { why: "nginx's own language is not understood" }, "spec.http-snippets"),
  ...refused(server, { why: "nginx's own language is not understood" }, "spec.server-snippets"),
  ...honoured(server, "spec.add-header-inherit"),
  ...refused(server, { why: "there is no such module" }, "spec.dos"),
  ...rowsAt(server, "spec.upstreams[]", backendSupport),
  ...routeRows(server, "spec.routes[]"),
  ...honoured(delegate, "spec.ingressClassName", "spec.host"),
  ...rowsAt(delegate, "spec.upstreams[]", backendSupport),
  ...routeRows(delegate, "spec.subroutes[]"),
  ...ingressSupport,
  ...annotationSupport,
  ...configMapSupport,
  ...streamSupport,
  ...policySupport,
];
