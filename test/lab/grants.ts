/** What a service account is granted in a lab, one verb on one resource at a time, and which grants requests made use of. */

import type { AuditedRequest } from "./audit-log.ts";
import type { Lab } from "./lab.ts";

export interface Grant {
  /** `ClusterRole NAME` or `Role NAME`. */
  readonly role: string;
  /** Undefined: in all of them. */
  readonly namespace: string | undefined;
  readonly apiGroup: string;
  readonly resource: string;
  readonly verb: string;
  /** Undefined: every object. */
  readonly resourceName: string | undefined;
}

interface Rule {
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

interface Item {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly rules?: readonly Rule[] | null;
  readonly roleRef?: { readonly kind: string; readonly name: string };
  readonly subjects?: readonly {
    readonly kind: string;
    readonly name: string;
    readonly namespace?: string;
  }[];
}

/** What the roles bound to the account by name say; what everybody may do besides is left out. */
export async function grantsOf(
  lab: Lab,
  account: { readonly namespace: string; readonly name: string },
): Promise<readonly Grant[]> {
  const kinds = "clusterroles,roles,clusterrolebindings,rolebindings";
  const { items } = JSON.parse(await lab.kubectl(["get", kinds, "-A", "-o", "json"])) as {
    readonly items: readonly Item[];
  };
  const bindings = items.filter(({ subjects = [] }) =>
    subjects.some(
      ({ kind, name, namespace }) =>
        kind === "ServiceAccount" && name === account.name && namespace === account.namespace,
    ),
  );
  return bindings.flatMap(({ roleRef, metadata: { namespace } }) => {
    const { kind = "", name = "" } = roleRef ?? {};
    const home = kind === "Role" ? namespace : undefined;
    const role = items.find(
      ({ kind: found, metadata }) =>
        found === kind && metadata.name === name && metadata.namespace === home,
    );
    return (role?.rules ?? [])
      .flatMap(grantsOfRule)
      .map((grant) => ({ role: `${kind} ${name}`, namespace, ...grant }));
  });
}

/**
 * The grants that no request made use of. A request counts for the narrowest grant that allows it, and a role that is
 * bound in several namespaces is used when it is in one of them.
 */
export function unusedGrants(
  grants: readonly Grant[],
  requests: readonly AuditedRequest[],
): readonly string[] {
  const narrowestFirst = grants.toSorted((a, b) => breadth(a) - breadth(b));
  const used = new Set<string>();
  for (const request of requests) {
    for (const verb of verbsOf(request)) {
      const grant = narrowestFirst.find((one) => allows(one, { ...request, verb }));
      if (grant !== undefined) used.add(describeGrant(grant));
    }
  }
  return [...new Set(grants.map(describeGrant))].filter((grant) => !used.has(grant));
}

function grantsOfRule(rule: Rule): readonly Omit<Grant, "role" | "namespace">[] {
  const { apiGroups = [], resources = [], verbs } = rule;
  const names = rule.resourceNames ?? [undefined];
  return apiGroups.flatMap((apiGroup) =>
    resources.flatMap((resource) =>
      verbs.flatMap((verb) =>
        names.map((resourceName) => ({ apiGroup, resource, verb, resourceName })),
      ),
    ),
  );
}

function breadth({ resourceName, namespace }: Grant): number {
  return (resourceName === undefined ? 1 : 0) + (namespace === undefined ? 2 : 0);
}

/** An object that is applied where there is none must be allowed to be created, too. */
function verbsOf({ verb, status }: AuditedRequest): readonly string[] {
  return verb === "patch" && status === 201 ? ["patch", "create"] : [verb];
}

function allows(grant: Grant, request: AuditedRequest): boolean {
  return (
    grant.verb === request.verb &&
    grant.apiGroup === request.apiGroup &&
    grant.resource === request.resource &&
    (grant.namespace === undefined || grant.namespace === request.namespace) &&
    (grant.resourceName === undefined || grant.resourceName === request.name)
  );
}

function describeGrant({ role, verb, apiGroup, resource, resourceName }: Grant): string {
  const what = apiGroup === "" ? resource : `${resource}.${apiGroup}`;
  return `${role}: ${verb} ${what}${resourceName === undefined ? "" : ` ${resourceName}`}`;
}
