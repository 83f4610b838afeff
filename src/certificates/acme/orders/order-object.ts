/** The Order of a certificate request: its name is the one that cert-manager gives it, so that an open one is found. */

import { fnv32 } from "#base/fnv.ts";
import type { JsonObject } from "#base/json.ts";
import type { Order } from "#kinds/cert-manager/order.ts";
import type { KubeObject } from "#kinds/object.ts";
import type { Draft } from "#store/object-store.ts";

export type OrderSpec = Order["spec"];

/** Longer names are shortened, and hashed with what they were. */
const maxPrefix = 52;

/** The Order that a request (an object, which owns it) is fulfilled by. */
export function orderDraft(request: KubeObject, spec: OrderSpec): Draft {
  const { apiVersion, kind, metadata } = request;
  const { name, namespace, uid, labels, annotations } = metadata;
  return {
    apiVersion: "acme.cert-manager.io/v1",
    kind: "Order",
    metadata: {
      name: orderName(name, spec),
      namespace,
      labels,
      annotations,
      ownerReferences: [{ apiVersion, kind, name, uid, controller: true }],
    },
    body: { spec: plainSpec(spec) },
  };
}

/** What is hashed is the specification without the request, as Go writes it. */
function orderName(request: string, spec: OrderSpec): string {
  const hashed = { ...plainSpec(spec), request: null };
  const whole =
    request.length >= maxPrefix ? { certificateRequestName: request, spec: hashed } : hashed;
  const prefix = request.slice(0, maxPrefix).replace(/[-.]+$/, "");
  return `${prefix}-${fnv32(Buffer.from(goJson(whole)))}`;
}

/** The fields in the order of the type in Go; empty ones are left out. */
function plainSpec(spec: OrderSpec): JsonObject {
  const { request, issuerRef, commonName = "", dnsNames = [], ipAddresses = [] } = spec;
  const { duration = "", profile = "", replaces = "" } = spec;
  const { name, kind = "", group = "" } = issuerRef;
  return {
    request,
    issuerRef: { name, ...(kind === "" ? {} : { kind }), ...(group === "" ? {} : { group }) },
    ...(commonName === "" ? {} : { commonName }),
    ...(dnsNames.length === 0 ? {} : { dnsNames: [...dnsNames] }),
    ...(ipAddresses.length === 0 ? {} : { ipAddresses: [...ipAddresses] }),
    ...(duration === "" ? {} : { duration }),
    ...(profile === "" ? {} : { profile }),
    ...(replaces === "" ? {} : { replaces }),
  };
}

/** Go escapes what could end a script element (encoding/json, "HTMLEscape"). */
function goJson(value: JsonObject): string {
  return JSON.stringify(value).replaceAll(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
