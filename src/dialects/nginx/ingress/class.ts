/** Which Ingresses are for this dialect, and whether they are served. */

import type { Finding } from "#base/finding.ts";
import { classAnnotation, classOf, type Ingress } from "#kinds/ingress.ts";
import { type IngressClass, ingressClassKind } from "#kinds/ingress-class.ts";
import type { Known } from "#kinds/kind.ts";
import { parseKey } from "#kinds/object.ts";
import { findingAt, originOf } from "../../common/findings.ts";
import { annotationField } from "../../common/support.ts";
import type { DialectSettings, World } from "../../dialect.ts";
import { defaultClasses } from "../../world-indexes.ts";
import type { ClassVerdict } from "../features/server/class.ts";

/** What an IngressClass names in `spec.controller` to give its Ingresses to this dialect. */
const nginxController = "nginx.org/ingress-controller";
/** … and to give them to us, in whichever dialect. */
const ourController = "sekisho.dev/ingress";

/** The class that the controller serves unless it is told another one. */
const usualClass = "nginx";

const ownAnnotations = /^(nginx\.(org|com)|custom\.nginx\.org|appprotect(dos)?\.f5\.com)\//;
const ofTheOther = "nginx.ingress.kubernetes.io/";

/** Whether an annotation is one of this dialect. */
export function isOwnAnnotation(name: string): boolean {
  return ownAnnotations.test(name) || name === "ingress.kubernetes.io/ssl-redirect";
}

/** Why an Ingress is for this dialect; undefined: it is not. */
type Choice = "controller" | "annotation" | "class" | undefined;

/**
 *   its IngressClass names nginx's controller   → yes
 *   … another one's                             → no
 *   … ours                                      → by its annotations
 *   there is no such IngressClass               → by its annotations, else by the usual name of the class
 */
function choiceOf(ingress: Known<Ingress>, world: World): Choice {
  const { controller, name } = classIn(ingress, world);
  if (controller === nginxController) return "controller";
  if (controller !== undefined && controller !== ourController) return undefined;
  const annotations = Object.keys(ingress.object.metadata.annotations);
  if (annotations.some(isOwnAnnotation)) return "annotation";
  if (controller === ourController || name !== usualClass) return undefined;
  return annotations.some((one) => one.startsWith(ofTheOther)) ? undefined : "class";
}

/** The class that an Ingress names, or has by default, and whose it is. */
function classIn(
  ingress: Known<Ingress>,
  world: World,
): { readonly name: string | undefined; readonly controller: string | undefined } {
  const named = classOf(ingress);
  if (named !== undefined) return { name: named, controller: controllerOf(named, world) };
  const defaults = [...world.filed(defaultClasses.name, "default")]
    .map((key) => parseKey(key).name)
    .sort();
  const [name] = [
    ...defaults.filter((one) => controllerOf(one, world) === ourController),
    ...defaults.filter((one) => controllerOf(one, world) === nginxController),
  ];
  return { name, controller: name === undefined ? undefined : controllerOf(name, world) };
}

function controllerOf(name: string, world: World): string | undefined {
  return (world.get(ingressClassKind, "", name) as Known<IngressClass> | undefined)?.value?.spec
    ?.controller;
}

export function takesIngress(ingress: Known<Ingress>, world: World): boolean {
  return choiceOf(ingress, world) !== undefined;
}

/** Whether the class of an Ingress says itself that it is for this dialect: annotations of others are then known to do nothing. */
export function isSurelyOurs(ingress: Known<Ingress>, world: World): boolean {
  return choiceOf(ingress, world) === "controller";
}

/** Whether an Ingress of this dialect is served, and what its owner should know about that. */
export function judgeIngressClass(
  ingress: Known<Ingress>,
  world: World,
  { servedClasses }: DialectSettings,
): ClassVerdict {
  const { name, controller } = classIn(ingress, world);
  const isListed = servedClasses === "all" || (name !== undefined && servedClasses.includes(name));
  const origin = originOf(ingress);
  const path =
    ingress.value?.spec?.ingressClassName === undefined && classOf(ingress) !== undefined
      ? annotationField(classAnnotation)
      : "spec";
  if (controller === ourController || isListed)
    return { served: true, findings: tellChoice(ingress, world, { ...origin, path }) };
  return {
    served: false,
    findings: [
      findingAt(origin, path, "warning", {
        reason: "ClassNotServed",
        message: `class ${name ?? "(none)"} is not served here, so this Ingress is not`,
        advice: `list ${name ?? usualClass} under ingressClasses in sekisho.yaml, or give its IngressClass the controller ${ourController}`,
      }),
    ],
  };
}

/** Where neither its class nor an annotation of its own leaves no doubt, which dialect serves it, and why. */
function tellChoice(
  ingress: Known<Ingress>,
  world: World,
  origin: ReturnType<typeof originOf>,
): readonly Finding[] {
  const annotation = Object.keys(ingress.object.metadata.annotations).find(isOwnAnnotation);
  const { controller } = classIn(ingress, world);
  if (controller === nginxController || (annotation !== undefined && controller === undefined))
    return [];
  const why = annotation === undefined ? `its class is ${usualClass}` : `it has ${annotation}`;
  return [
    findingAt(origin, origin.path, "info", {
      reason: "DialectChosen",
      message: `served as NGINX Ingress Controller serves it, as ${why}`,
      advice: `to say it yourself, make an IngressClass with the controller ${nginxController}, or ${ourController} for core Ingress`,
    }),
  ];
}
