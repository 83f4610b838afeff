/** Decides about requests by the policies that there are; where there is none, all are approved. */

import { ok, type Result } from "#base/result.ts";
import { requestPolicyKind } from "#kinds/cert-manager/request-policy.ts";
import type { KubeObject } from "#kinds/object.ts";
import type { ObjectView } from "#store/object-view.ts";
import type { AskedCertificate } from "./asked-certificate.ts";
import { isAbout, type Judgement, judgeRequest, readPolicy } from "./request-policy.ts";

/** For whom it is asked. */
export interface Requester {
  readonly namespace: string;
  /** The request; absent: a Certificate is looked at, whose request we would make. */
  readonly request?: KubeObject;
  /** Whether it says that it was made for a Certificate that there is. */
  readonly isOfCertificate: boolean;
}

/** Whether a policy of that name may be approved by for them; the error says why not. Throws StoreError. */
export type MayUse = (policy: string, requester: Requester) => Promise<Result<true, string>>;

export interface Approver {
  /** Whether there are policies at all. */
  readonly hasPolicies: () => boolean;
  /** Throws StoreError. */
  readonly judge: (asked: AskedCertificate, requester: Requester) => Promise<Judgement>;
}

/** By default all policies may be used for everybody. */
export function createApprover(
  view: Pick<ObjectView, "list">,
  mayUse: MayUse = async () => ok(true),
): Approver {
  return {
    hasPolicies: () => view.list(requestPolicyKind.id).length > 0,
    judge: async (asked, requester) => {
      const objects = view.list(requestPolicyKind.id);
      if (objects.length === 0) return { kind: "approved" };
      const policies = objects.flatMap((object) => {
        const { name } = object.metadata;
        const spec = readPolicy(object);
        return spec.ok && isAbout(spec.value, asked) ? [{ name, spec: spec.value }] : [];
      });
      const uses = await Promise.all(policies.map(({ name }) => mayUse(name, requester)));
      const judgement = judgeRequest(
        policies.filter((_, index) => uses[index]?.ok),
        asked,
      );
      if (judgement.kind !== "undecided") return judgement;
      const whys = new Set(uses.flatMap((use) => (use.ok ? [] : [use.error])));
      return whys.size === 0 ? judgement : { ...judgement, why: [...whys].join("; ") };
    },
  };
}
