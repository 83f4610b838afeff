/** Has one CertificateRequest for the certificate that is being issued, and has it signed. */

import { formatGoDuration, parseGoDurationMs } from "#base/go-duration.ts";
import { publicKeyInfo, type SigningKey } from "#crypto/keys/signing-key.ts";
import { usualDurationMs } from "#kinds/cert-manager/certificate-spec.ts";
import { findCondition } from "#kinds/condition.ts";
import { type KubeObject, keyOf } from "#kinds/object.ts";
import { type Draft, StoreError } from "#store/object-store.ts";
import { earlierIssuancesAnnotation, requestAnnotations } from "../annotations.ts";
import { conditionOf, instantOf } from "../certificate-status.ts";
import { requestDifferences } from "../policies/differences.ts";
import { wantedRequest } from "../wanted-request.ts";
import {
  type Controller,
  type ControllerDeps,
  isOwnedBy,
  ownerOf,
  type Seen,
} from "./controller.ts";
import { failed } from "./failure.ts";
import { type IssuanceBudget, tooOften } from "./issuance-budget.ts";
import { nextKey, nextKeyOf } from "./key.ts";
import { nextRequest, nextRevision, requestName } from "./revision.ts";

type Deps = Pick<ControllerDeps, "store" | "world" | "signer" | "events"> & {
  readonly budget: IssuanceBudget;
};

/** Who applied a Certificate is nobody that asks for certificates. */
const notCopied = ["kubectl.kubernetes.io/", "fluxcd.io/", "argocd.argoproj.io/"];

export function createRequestController(deps: Deps): Controller {
  return async (seen) => {
    const { status } = seen;
    if (conditionOf(status, "Issuing")?.status !== "True") return { status };
    const key = nextKey(deps, seen);
    if (key === undefined) return { status };
    const there = nextRequest(deps.world, seen);
    if (there !== undefined && !isOutdated(deps, seen, { there, key }))
      return { status, again: await deps.signer.advance(there) };
    const freeAt = deps.budget.freeAt(seen);
    if (freeAt !== undefined) {
      deps.events.tell(seen.object, tooOften(freeAt));
      return { status, again: freeAt };
    }
    if (there !== undefined) await removeRequest(deps, seen, there);
    const pem = wantedRequest(seen.spec, key);
    if (!pem.ok) return { status: refused(deps, seen, pem.error) };
    const made = await createRequest(deps, seen, pem.value);
    return { status, again: made === undefined ? undefined : await deps.signer.advance(made) };
  };
}

/** Also one that failed and was counted: it is tried again with a new one. */
function isOutdated(
  { world }: Deps,
  { spec, status }: Seen,
  { there, key }: { readonly there: KubeObject; readonly key: SigningKey },
): boolean {
  const facts = world.factsOf(there);
  if (!facts.ok || requestDifferences(facts.value, spec).length > 0) return true;
  if (Buffer.compare(publicKeyInfo(key), facts.value.signing.publicKey) !== 0) return true;
  const ready = findCondition(there.status, "Ready");
  const hasFailed = ready?.reason === "Failed" || ready?.reason === "Denied";
  return (
    hasFailed && status.lastFailureTime !== undefined && !isNewer(there, status.lastFailureTime)
  );
}

function isNewer({ metadata }: KubeObject, moment: string): boolean {
  const [made, then] = [instantOf(metadata.creationTimestamp), instantOf(moment)];
  return made !== undefined && then !== undefined && Temporal.Instant.compare(made, then) > 0;
}

async function removeRequest(
  { store, world, events }: Deps,
  { object }: Seen,
  request: KubeObject,
): Promise<void> {
  const { name, uid } = request.metadata;
  try {
    await store.remove(keyOf(request), { uid });
  } catch (error) {
    if (!(error instanceof StoreError) || error.code !== "not-found") throw error;
  }
  world.view.forget(request);
  const message = `Deleted CertificateRequest "${name}", which is not what is asked for now`;
  events.tell(object, { type: "Normal", reason: "Deleted", message });
}

/** What cannot stand in a request fails as what an issuer refuses. */
function refused({ events }: Deps, seen: Seen, why: string): Seen["status"] {
  const message = `The certificate cannot be requested: ${why}`;
  events.tell(seen.object, { type: "Warning", reason: "RequestFailed", message });
  return failed(seen, { reason: "RequestFailed", message });
}

async function createRequest(
  { store, world, events, budget }: Deps,
  seen: Seen,
  pem: string,
): Promise<KubeObject | undefined> {
  const { object } = seen;
  const draft = requestDraft(seen, pem, budget.annotations(seen));
  try {
    const made = await store.create(draft);
    budget.spend(seen);
    world.view.observe(made);
    const message = `Created new CertificateRequest resource "${draft.metadata.name}"`;
    events.tell(object, { type: "Normal", reason: "Requested", message });
    return made;
  } catch (error) {
    if (!(error instanceof StoreError) || error.code !== "exists") throw error;
    const { name, namespace } = draft.metadata;
    const found = await store.get({ kind: "CertificateRequest.cert-manager.io", namespace, name });
    if (found !== undefined && !isOwnedBy(found, object))
      throw new Error(`CertificateRequest ${name} is there already and is not ours`, {
        cause: error,
      });
    // An earlier run made it: the next look finds it.
    if (found !== undefined) world.view.observe(found);
    throw error;
  }
}

function requestDraft(
  seen: Seen,
  pem: string,
  earlier: ReturnType<IssuanceBudget["annotations"]>,
): Draft {
  const { object, spec } = seen;
  const { name, namespace, annotations, labels } = object.metadata;
  const copied = Object.entries(annotations).filter(
    ([key]) =>
      key !== earlierIssuancesAnnotation && !notCopied.some((prefix) => key.startsWith(prefix)),
  );
  const durationMs = spec.duration === undefined ? undefined : parseGoDurationMs(spec.duration);
  return {
    apiVersion: "cert-manager.io/v1",
    kind: "CertificateRequest",
    metadata: {
      name: requestName(seen),
      namespace,
      labels,
      annotations: {
        ...Object.fromEntries(copied),
        ...earlier,
        [requestAnnotations.certificate]: name,
        [requestAnnotations.revision]: `${nextRevision(seen)}`,
        [requestAnnotations.privateKeySecret]: nextKeyOf(seen).name,
      },
      ownerReferences: [ownerOf(object)],
    },
    body: {
      spec: {
        request: Buffer.from(pem).toString("base64"),
        issuerRef: { ...spec.issuerRef },
        duration: formatGoDuration(durationMs ?? usualDurationMs),
        ...(spec.isCA === undefined ? {} : { isCA: spec.isCA }),
        ...(spec.usages === undefined ? {} : { usages: [...spec.usages] }),
      },
    },
  };
}
