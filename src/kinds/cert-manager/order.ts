/** Order, acme.cert-manager.io/v1: one order at an ACME server, for one CertificateRequest (RFC 8555 §7.1.3). */

import {
  boolean,
  fields,
  list,
  optional,
  type Parsed,
  required,
  text,
  textLike,
} from "#base/schema.ts";
import type { Kind } from "../kind.ts";
import type { KubeObject } from "../object.ts";
import {
  acmeDefinition,
  acmeKind,
  acmeState,
  reasonColumn,
  stateColumn,
  statusReader,
} from "./acme-state.ts";
import { issuerReference } from "./issuer-reference.ts";

/** Of bytes that Kubernetes writes in base 64. */
const base64 = textLike(/^[A-Za-z0-9+/\s]*={0,2}\s*$/, "must be base64 text");

const spec = fields(
  {
    request: required(base64, "The certificate signing request, PEM in base 64."),
    issuerRef: required(issuerReference, "The issuer whose ACME server is asked."),
    commonName: optional(text, "The common name of the request; one of the names."),
    dnsNames: optional(list(text), "The DNS names that are ordered."),
    ipAddresses: optional(list(text), "The IP addresses that are ordered."),
    duration: optional(text, "How long the certificate is to hold, where the server lets choose."),
    profile: optional(text, "The profile of certificates that is asked for."),
    replaces: optional(text, "The certificate that this one replaces (RFC 9773 §5)."),
  },
  { rule: "self == oldSelf", holds: () => true, message: "an Order cannot be changed" },
);

const offeredChallenge = fields({
  url: required(text, "Its URL."),
  token: required(text, "What the server looks for."),
  type: required(text, 'Its type, as in "http-01".'),
});

const authorization = fields({
  url: required(text, "Its URL."),
  identifier: optional(text, "The name that is to be shown ours."),
  wildcard: optional(boolean, "Whether for all names below it."),
  initialState: optional(acmeState, "Its state when the order was made."),
  challenges: optional(list(offeredChallenge), "The ways to show it that the server offers."),
});

const status = fields({
  url: optional(text, "The order's URL."),
  finalizeURL: optional(text, "Where the request is sent when all names are shown ours."),
  authorizations: optional(list(authorization), "What is to be shown."),
  certificate: optional(base64, "The certificate with its chain, PEM in base 64."),
  state: optional(acmeState, "Where it stands."),
  reason: optional(text, "Why."),
  failureTime: optional(text, "When it failed."),
});

const body = fields({ spec: required(spec, "What is ordered.") });

export type Order = Parsed<typeof body>;
export type OrderStatus = Parsed<typeof status>;
export type OrderAuthorization = Parsed<typeof authorization>;

/** The status of an Order; of what cannot be read nothing. */
export const readOrderStatus: (object: KubeObject) => OrderStatus = statusReader(status);

export const orderKind: Kind<Order> = {
  id: "Order.acme.cert-manager.io",
  ...acmeKind,
  kind: "Order",
  plural: "orders",
  parse: body,
  columns: [
    stateColumn,
    {
      title: "ISSUER",
      wide: true,
      jsonPath: ".spec.issuerRef.name",
      value: ({ value }) => value?.spec.issuerRef.name ?? "",
    },
    reasonColumn,
  ],
  definition: {
    description: "One order at an ACME server, for one CertificateRequest.",
    status,
    ...acmeDefinition,
  },
};
