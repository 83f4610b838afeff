/** Decides about requests by the policies that there are; where there is none, all are approved. */

import { requestPolicyKind } from "#kinds/cert-manager/request-policy.ts";
import { read } from "#kinds/kind.ts";
import type { ObjectView } from "#store/object-view.ts";
import type { AskedCertificate } from "./asked-certificate.ts";
import { type Judgement, judgeRequest } from "./request-policy.ts";

/** For whom a request was made: a Certificate, which is ours to fulfil, or anybody, whom only an API server knows. */
export type Requester = "a Certificate" | "anybody";

/** Whether a policy of that name may be approved by for them. Throws StoreError. */
export type MayUse = (policy: string, requester: Requester) => Promise<boolean>;

export interface Approver {
  /** Whether there are policies at all. */
  readonly hasPolicies: () => boolean;
  /** Throws StoreError. */
  readonly judge: (asked: AskedCertificate, requester: Requester) => Promise<Judgement>;
}

export function createApprover(view: Pick<ObjectView, "list">, mayUse: MayUse): Approver {
  return {
    hasPolicies: () => view.list(requestPolicyKind.id).length > 0,
    judge: async (asked, requester) => {
      const objects = view.list(requestPolicyKind.id);
      if (objects.length === 0) return { kind: "approved" };
      const policies = objects.flatMap((object) => {
        const { value, problems } = read(requestPolicyKind, object);
        // One that is not understood as a whole could mean to refuse.
        if (value === undefined || problems.length > 0) return [];
        return [{ name: object.metadata.name, spec: value.spec }];
      });
      const usable = await Promise.all(policies.map(({ name }) => mayUse(name, requester)));
      return judgeRequest(
        policies.filter((_, index) => usable[index]),
        asked,
      );
    },
  };
}
