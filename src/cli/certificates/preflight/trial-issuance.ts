/**
 * A certificate for a name from the staging twin of its authority, by the gate or cluster that would get the real one: a
 * Certificate and an issuer are made for it, and are gone afterwards. The key of its account there stays, so that
 * trying again makes no further account.
 */

import { isJsonObject, type JsonObject } from "#base/json.ts";
import { publicTwins } from "#certificates/acme/rehearsal.ts";
import { certificateKind } from "#kinds/cert-manager/certificate.ts";
import { findCondition } from "#kinds/condition.ts";
import { keyOf, type ObjectKey } from "#kinds/object.ts";
import { secretKind } from "#kinds/secret.ts";
import type { Clock } from "#runtime/clock.ts";
import type { Random } from "#runtime/random.ts";
import { type Draft, type ObjectStore, StoreError } from "#store/object-store.ts";
import type { Verdict } from "../../cluster/verdict.ts";
import { readTrail } from "../certificate-trail.ts";
import { nextAction, trailSteps } from "../trail-steps.ts";
import type { WantedIssuer } from "./wanted-issuer.ts";

export interface Trial {
  readonly name: string;
  readonly issuer: WantedIssuer;
  /** The URL of the directory that is asked. */
  readonly server: string;
}

export interface TrialDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly store: Pick<ObjectStore, "get" | "list" | "create" | "remove">;
}

const about = "staging";
const lookEvery = Temporal.Duration.from({ milliseconds: 250 });
const longestMs = 120_000;

/** Where a certificate can be tried that the server of an issuer would give; undefined: nobody knows of such a place. */
export function stagingServerOf({ config }: WantedIssuer): string | undefined {
  const isStaging = URL.parse(config.server)?.hostname === "acme-staging-v02.api.letsencrypt.org";
  return isStaging ? config.server : publicTwins(config.server);
}

/** Tries it; `signal` ends it early. What it made is removed in any case. Throws StoreError. */
export async function tryIssuance(
  deps: TrialDeps,
  trial: Trial,
  signal: AbortSignal,
): Promise<Verdict> {
  const { namespace } = trial.issuer;
  const name = `sekisho-preflight-${deps.random.bytes(5).toHex()}`;
  const issuer = issuerDraft(trial, name);
  const drafts = [issuer, certificateDraft(trial, name)];
  const made: ObjectKey[] = [];
  try {
    for (const draft of drafts) made.push(keyOf(await deps.store.create(draft)));
    return await untilDecided(deps, trial, { namespace, name }, signal);
  } finally {
    // The Certificate first: without it nobody asks the issuer, or writes the Secret, any more.
    const secret = { kind: secretKind.id, namespace, name };
    for (const key of [...made.toReversed(), secret]) await removeIfThere(deps.store, key);
  }
}

async function removeIfThere(store: TrialDeps["store"], key: ObjectKey): Promise<void> {
  try {
    await store.remove(key);
  } catch (error) {
    if (!(error instanceof StoreError && error.code === "not-found")) throw error;
  }
}

async function untilDecided(
  { clock, store }: TrialDeps,
  { name, server }: Trial,
  place: { readonly namespace: string; readonly name: string },
  signal: AbortSignal,
): Promise<Verdict> {
  const started = clock.monotonicMs();
  for (;;) {
    const trail = await readTrail(store, place.namespace, place.name);
    const status = trail?.certificate.object.status;
    if (findCondition(status, "Ready")?.status === "True")
      return { level: "ok", about, text: `a certificate for ${name} was issued by ${server}` };
    const issuing = findCondition(status, "Issuing");
    const isLate = clock.monotonicMs() - started > longestMs || signal.aborted;
    if (issuing?.status === "False" || isLate) {
      const what = signal.aborted ? "interrupted" : `none within ${longestMs / 1000} s`;
      const steps = trail === undefined ? [] : trailSteps(trail);
      const advice = nextAction(steps);
      const last = steps.at(-1)?.text ?? "the Certificate is gone";
      const text = issuing?.status === "False" ? issuing.message : `${what}: ${last}`;
      return { level: "error", about, text, ...(advice === undefined ? {} : { advice }) };
    }
    await clock.sleep(lookEvery);
  }
}

function issuerDraft({ issuer, server }: Trial, name: string): Draft {
  const { object, config } = issuer;
  const spec = isJsonObject(object.body["spec"]) ? (object.body["spec"] as JsonObject) : {};
  const acme = isJsonObject(spec["acme"]) ? (spec["acme"] as JsonObject) : {};
  const isSame = server === config.server;
  const account = config.privateKeySecretRef;
  const privateKeySecretRef = isSame ? account : { ...account, name: `${account.name}-staging` };
  return {
    apiVersion: object.apiVersion,
    kind: object.kind,
    metadata: {
      ...{ name, namespace: object.metadata.namespace },
      // What others wrote there, as kubectl, is about the issuer itself.
      annotations: Object.fromEntries(
        Object.entries(object.metadata.annotations).filter(([key]) =>
          key.startsWith("sekisho.dev/"),
        ),
      ),
    },
    body: { spec: { acme: { ...acme, server, privateKeySecretRef } } },
  };
}

function certificateDraft({ name, issuer }: Trial, trialName: string): Draft {
  const { object, namespace } = issuer;
  return {
    apiVersion: "cert-manager.io/v1",
    kind: certificateKind.kind,
    metadata: { name: trialName, namespace },
    body: {
      spec: {
        ...{ secretName: trialName, dnsNames: [name], privateKey: { algorithm: "ECDSA" } },
        issuerRef: { kind: object.kind, name: trialName },
      },
    },
  };
}
