/** Which objects are ours: those that name a class that is served, and those that name none. */

import type { Finding } from "#base/finding.ts";
import { ingressClassKind } from "#kinds/ingress-class.ts";
import type { Known } from "#kinds/kind.ts";
import { findingAt, originOf } from "../../../common/findings.ts";
import type { DialectSettings, World } from "../../../dialect.ts";

/** What an IngressClass names in `spec.controller` to give its objects to us. */
const ourController = "sekisho.dev/ingress";

/** What IngressClasses of this dialect name there. */
const controllers = ["nginx.org/ingress-controller", ourController];

export interface ClassVerdict {
  readonly served: boolean;
  readonly findings: readonly Finding[];
}

/** Whether an object is ours, and what its owner should know when it is not. */
export function judgeClass(
  object: Known<{ readonly spec?: { readonly ingressClassName?: string } }>,
  world: World,
  { servedClasses }: DialectSettings,
): ClassVerdict {
  const name = object.value?.spec?.ingressClassName ?? "";
  if (name === "") return { served: true, findings: [] };
  const controller = world.get(ingressClassKind, "", name)?.value?.spec?.controller;
  if (controller === ourController) return { served: true, findings: [] };
  const isOurs = controller === undefined || controllers.includes(controller);
  if (isOurs && (servedClasses === "all" || servedClasses.includes(name)))
    return { served: true, findings: [] };
  const owner = isOurs ? "no class that is served here" : `controller ${controller}`;
  return {
    served: false,
    findings: [
      findingAt(originOf(object), "spec.ingressClassName", "warning", {
        reason: "ClassNotServed",
        message: `class ${name} belongs to ${owner}, so this object is not served here`,
        advice: `list ${name} under ingressClasses in sekisho.yaml, or give its IngressClass the controller ${ourController}`,
      }),
    ],
  };
}
