/** Random TLS Secrets: whole, broken in several ways, or absent. */

import fc from "fast-check";
import type { Secret } from "#test/simulators/ingress/manifest.ts";
import { selfSigned } from "#test/simulators/self-signed.ts";
import { hostPatterns, namespaces, secretNames, timestamps } from "./pool.ts";

type State = "whole" | "absent" | "no-key" | "other-key" | "garbage";

const state: fc.Arbitrary<State> = fc.oneof(
  { arbitrary: fc.constant<State>("whole"), weight: 8 },
  { arbitrary: fc.constantFrom<State>("absent", "no-key", "other-key", "garbage"), weight: 1 },
);

const identities = namespaces.flatMap((namespace) =>
  secretNames.map((name) => ({ namespace, name })),
);

// Made once: a key pair a Secret, of no meaning to anybody; the names say what it may be asked for.
const pairs = identities.map(() =>
  selfSigned(["pool.test", ...hostPatterns.filter((host) => host !== "")]),
);

export const secrets: fc.Arbitrary<readonly Secret[]> = fc
  .array(state, { minLength: identities.length, maxLength: identities.length })
  .map((states) => states.flatMap((chosen, index) => secretIn(chosen, index)));

function secretIn(chosen: State, index: number): readonly Secret[] {
  const identity = identities[index];
  const pair = pairs[index];
  const other = pairs[(index + 1) % pairs.length];
  if (identity === undefined || pair === undefined || chosen === "absent") return [];
  const certificate = chosen === "garbage" ? "not a certificate" : pair.certificate;
  const key = chosen === "other-key" ? (other?.key ?? "") : pair.key;
  return [
    {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { ...identity, creationTimestamp: timestamps[0] },
      type: "kubernetes.io/tls",
      data: {
        "tls.crt": Buffer.from(certificate).toString("base64"),
        ...(chosen !== "no-key" && { "tls.key": Buffer.from(key).toString("base64") }),
      },
    },
  ];
}
