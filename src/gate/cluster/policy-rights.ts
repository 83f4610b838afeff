/** Which CertificateRequestPolicies a cluster lets whom be approved by: its RBAC says so, as for approver-policy. */

import type { JsonObject } from "#base/json.ts";
import { objectAt } from "#base/json-path.ts";
import { ok } from "#base/result.ts";
import type { MayUse, Requester } from "#certificates/approval/approver.ts";
import { requestPolicyKind } from "#kinds/cert-manager/request-policy.ts";
import type { KubeObject } from "#kinds/object.ts";
import type { Clock } from "#runtime/clock.ts";
import type { KubernetesStore } from "#store/kubernetes/kubernetes-store.ts";
import { StoreError } from "#store/object-store.ts";
import { requesterKnownSince } from "./requester-admission.ts";

interface PolicyRightsDeps {
  readonly clock: Pick<Clock, "monotonicMs">;
  readonly api: Pick<KubernetesStore, "call">;
}

/** Who asks, as reviews name them: we ourselves, or whom the API server has written down. */
type Who = "ourselves" | JsonObject;

/** A right that was given or taken counts after so long: that many requests wait must not be that many reviews. */
const rememberedMs = 10_000;
const remembered = 1000;

const unknown =
  "who made it is not known for certain, as deploy/admission/requester.yaml was not in force when it was made, or may not be read: apply deploy/certificates and deploy/admission";
const unasked =
  'who may use policies cannot be asked: apply deploy/certificates, which has the right to create "subjectaccessreviews"';

/**
 * Whoever made a request needs the verb `use` on a policy, in the namespace of the request. Who that is, is what the API server
 * wrote when it was made; of those made before it did, the ones of Certificates count as ours, and of others it is not known.
 */
export function createPolicyRights({ clock, api }: PolicyRightsDeps): MayUse {
  const answers = new Map<string, { readonly untilMs: number; readonly answer: unknown }>();
  const recall = async <T>(key: string, ask: () => Promise<T>): Promise<T> => {
    const known = answers.get(key);
    const nowMs = clock.monotonicMs();
    if (known !== undefined && known.untilMs > nowMs) return known.answer as T;
    const answer = await ask();
    if (answers.size >= remembered) answers.clear();
    answers.set(key, { untilMs: nowMs + rememberedMs, answer });
    return answer;
  };
  const whoAsks = async ({ request, isOfCertificate }: Requester): Promise<Who | undefined> => {
    if (request === undefined) return "ourselves";
    const since = await recall("", () => requesterKnownSince(api));
    if (since !== undefined && isMadeAfter(request, since)) return writtenDown(request);
    return isOfCertificate ? "ourselves" : undefined;
  };
  return async (policy, requester) => {
    try {
      const who = await whoAsks(requester);
      if (who === undefined) return { ok: false, error: unknown };
      const { path, kind, spec } = reviewOf(who, policy, requester.namespace);
      const body = { apiVersion: "authorization.k8s.io/v1", kind, spec };
      const isAllowed = await recall(JSON.stringify(body), async () => {
        const answer = await api.call({ method: "POST", path, body });
        return objectAt(answer, "status")?.["allowed"] === true;
      });
      if (isAllowed) return ok(true);
      const name = who === "ourselves" ? "the ServiceAccount of this program" : nameOf(who);
      const error = `${name} may not use CertificateRequestPolicy "${policy}"`;
      return { ok: false, error };
    } catch (error) {
      if (!(error instanceof StoreError) || error.code !== "denied") throw error;
      return { ok: false, error: unasked };
    }
  };
}

/** As it was made, too: what was changed since could have been changed by anybody. */
function isMadeAfter({ metadata }: KubeObject, since: Temporal.Instant): boolean {
  const made = Temporal.Instant.from(metadata.creationTimestamp);
  return metadata.generation === 1 && Temporal.Instant.compare(made, since) > 0;
}

function writtenDown({ body }: KubeObject): JsonObject {
  const { username: user, groups, uid, extra } = objectAt(body, "spec") ?? {};
  return { user, groups, uid, extra };
}

function nameOf({ user }: JsonObject): string {
  return typeof user === "string" ? user : "who made it";
}

function reviewOf(
  who: Who,
  policy: string,
  namespace: string,
): { readonly path: string; readonly kind: string; readonly spec: JsonObject } {
  const { group, plural: resource } = requestPolicyKind;
  const spec = { resourceAttributes: { group, resource, name: policy, namespace, verb: "use" } };
  const apis = "/apis/authorization.k8s.io/v1";
  return who === "ourselves"
    ? { path: `${apis}/selfsubjectaccessreviews`, kind: "SelfSubjectAccessReview", spec }
    : {
        ...{ path: `${apis}/subjectaccessreviews`, kind: "SubjectAccessReview" },
        spec: { ...who, ...spec },
      };
}
