/** Challenge, acme.cert-manager.io/v1: what shows an ACME server that one name is ours (RFC 8555 §7.5). */

import {
  anything,
  boolean,
  fields,
  oneOf,
  optional,
  type Parsed,
  required,
  text,
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

/** Holds a Challenge until what was made for it is cleaned up. */
export const challengeFinalizer = "acme.cert-manager.io/finalizer";

/** The one of older versions. */
export const oldChallengeFinalizer = "finalizer.acme.cert-manager.io";

const spec = fields(
  {
    url: required(text, "Its URL."),
    authorizationURL: required(text, "The URL of the authorization that it belongs to."),
    dnsName: required(text, "The name that is to be shown ours, without a wildcard."),
    wildcard: optional(boolean, "Whether for all names below it."),
    type: required(oneOf("HTTP-01", "DNS-01", "TLS-ALPN-01"), "How it is shown."),
    token: required(text, "What the server looks for."),
    key: required(text, "What it finds there."),
    solver: required(
      anything,
      "The solver of the issuer that was chosen when it was made; what counts is the issuer's own.",
    ),
    issuerRef: required(issuerReference, "The issuer whose ACME server asks."),
  },
  { rule: "self == oldSelf", holds: () => true, message: "a Challenge cannot be changed" },
);

const status = fields({
  processing: optional(boolean, "Whether it has its turn."),
  presented: optional(boolean, "Whether the server would find what it looks for."),
  presentedAt: optional(text, "Since when."),
  reason: optional(text, "Why it stands as it does."),
  state: optional(acmeState, "Where it stands."),
});

const body = fields({ spec: required(spec, "What is asked.") });

export type Challenge = Parsed<typeof body>;
export type ChallengeStatus = Parsed<typeof status>;

/** The status of a Challenge; of what cannot be read nothing. */
export const readChallengeStatus: (object: KubeObject) => ChallengeStatus = statusReader(status);

export const challengeKind: Kind<Challenge> = {
  id: "Challenge.acme.cert-manager.io",
  ...acmeKind,
  kind: "Challenge",
  plural: "challenges",
  parse: body,
  columns: [
    stateColumn,
    {
      title: "DOMAIN",
      jsonPath: ".spec.dnsName",
      value: ({ value }) => value?.spec.dnsName ?? "",
    },
    reasonColumn,
  ],
  definition: {
    description: "What shows an ACME server that one name is ours.",
    status,
    ...acmeDefinition,
  },
};
