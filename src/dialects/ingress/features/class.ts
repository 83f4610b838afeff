/** Which Ingresses are ours: by class name, by the old annotation, by the default class. */

import type { Finding } from "#base/finding.ts";
import { classAnnotation, classOf, type Ingress, ingressKind } from "#kinds/ingress.ts";
import { defaultClassAnnotation, ingressClassKind } from "#kinds/ingress-class.ts";
import type { Known } from "#kinds/kind.ts";
import { parseKey } from "#kinds/object.ts";
import { findingAt, originOf } from "../../common/findings.ts";
import { annotationField, honoured, type SupportRow } from "../../common/support.ts";
import type { DialectSettings, World } from "../../dialect.ts";
import { defaultClasses } from "../../world-indexes.ts";

/** What an IngressClass names in `spec.controller` to give its Ingresses to us. */
const controllerName = "sekisho.dev/ingress";

export const classSupport: readonly SupportRow[] = [
  ...honoured(ingressKind.id, "spec.ingressClassName", annotationField(classAnnotation)),
  ...honoured(ingressClassKind.id, annotationField(defaultClassAnnotation)),
];

export interface ClassVerdict {
  readonly served: boolean;
  readonly findings: readonly Finding[];
}

/** Whether an Ingress is ours, and what its owner should know about that. */
export function judgeClass(
  ingress: Known<Ingress>,
  world: World,
  settings: DialectSettings,
): ClassVerdict {
  const name = classOf(ingress);
  return name === undefined
    ? judgeClassless(ingress, world, settings)
    : judgeNamed(
        ingress,
        name,
        world.get(ingressClassKind, "", name)?.value?.spec?.controller,
        settings,
      );
}

function judgeNamed(
  ingress: Known<Ingress>,
  name: string,
  controller: string | undefined,
  settings: DialectSettings,
): ClassVerdict {
  if (controller === controllerName) return { served: true, findings: [] };
  const listed = settings.servedClasses !== "all" && settings.servedClasses.includes(name);
  if (listed || (controller === undefined && settings.servedClasses === "all"))
    return { served: true, findings: [] };
  const path =
    ingress.value?.spec?.ingressClassName === undefined
      ? `metadata.annotations[${classAnnotation}]`
      : "spec.ingressClassName";
  const owner = controller === undefined ? "no IngressClass of ours" : `controller ${controller}`;
  return {
    served: false,
    findings: [
      findingAt(originOf(ingress), path, "warning", {
        reason: "ClassNotServed",
        message: `class ${name} belongs to ${owner}, so this Ingress is not served here`,
        advice: `list ${name} under ingressClasses in sekisho.yaml, or give its IngressClass the controller ${controllerName}`,
      }),
    ],
  };
}

function judgeClassless(
  ingress: Known<Ingress>,
  world: World,
  settings: DialectSettings,
): ClassVerdict {
  const ours = [...world.filed(defaultClasses.name, "default")].some((key) => {
    const name = parseKey(key).name;
    return world.get(ingressClassKind, "", name)?.value?.spec?.controller === controllerName;
  });
  if (ours || settings.servedClasses === "all") return { served: true, findings: [] };
  return {
    served: false,
    findings: [
      findingAt(originOf(ingress), "spec", "warning", {
        reason: "NoClass",
        message:
          "this Ingress names no class and no IngressClass of ours is the default, so it is not served here",
        advice: "set spec.ingressClassName, or mark an IngressClass of ours as default",
      }),
    ],
  };
}
