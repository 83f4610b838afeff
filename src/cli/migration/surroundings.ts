/** What beside the Certificates can go wrong when cert-manager goes: pure functions of what was read. */

import type { JsonObject } from "#base/json.ts";
import { objectAt, objectsAt, textAt } from "#base/json-path.ts";
import { managedLabel } from "#certificates/annotations.ts";
import {
  answeredServices,
  concernsCertificates,
  deadWebhooks,
} from "#gate/cluster/webhooks/dead-webhooks.ts";
import { certificateKind } from "#kinds/cert-manager/certificate.ts";
import { findCondition } from "#kinds/condition.ts";
import { read } from "#kinds/kind.ts";
import type { KubeObject } from "#kinds/object.ts";
import type { Verdict } from "../cluster/verdict.ts";
import type { LeftBehind } from "./left-behind.ts";

const mostShown = 8;

/** Nothing of it is about one Certificate alone. */
export function checkSurroundings(left: LeftBehind): readonly Verdict[] {
  return [
    ...checkReleases(left),
    ...checkOwners(left),
    ...checkWebhooks(left),
    ...checkRotation(left),
    ...checkApprovers(left),
    ...checkSolverPaths(left),
    ...checkHolder(left),
  ];
}

/** Helm deletes what its release has, and with a definition goes every object of its kind. */
function checkReleases({ definitions }: LeftBehind): readonly Verdict[] {
  const lost = definitions.filter((one) => {
    const group = textAt(one, "spec", "group") ?? "";
    const policy = annotationOf(one, "helm.sh/resource-policy");
    return (
      /(^|\.)cert-manager\.io$/.test(group) && releaseOf(one) !== undefined && policy !== "keep"
    );
  });
  const releases = new Set(lost.flatMap((one) => releaseOf(one) ?? []));
  return [...releases].map((release) => {
    const [namespace = "", name = ""] = release.split("/");
    const own = lost.filter((one) => releaseOf(one) === release);
    const kinds = listed(own.map((one) => textAt(one, "metadata", "name") ?? ""));
    return {
      level: "error",
      about: "Helm",
      text: `to uninstall the release ${name} of namespace ${namespace} deletes the definitions ${kinds}, and with them every object of these kinds`,
      advice: `upgrade the release with crds.keep=true first, or have Helm forget it and delete nothing: kubectl delete secret -n ${namespace} -l owner=helm,name=${name}`,
    };
  });
}

function releaseOf(definition: JsonObject): string | undefined {
  const name = annotationOf(definition, "meta.helm.sh/release-name");
  const namespace = annotationOf(definition, "meta.helm.sh/release-namespace") ?? "default";
  return name === undefined ? undefined : `${namespace}/${name}`;
}

function annotationOf(object: JsonObject, name: string): string | undefined {
  const value = objectAt(object, "metadata", "annotations")?.[name];
  return typeof value === "string" ? value : undefined;
}

/** By `--enable-certificate-owner-ref`. */
function checkOwners({ secrets, certificates }: LeftBehind): readonly Verdict[] {
  const uids = new Set(certificates.map(({ metadata }) => metadata.uid));
  const owned = secrets.filter(({ metadata }) =>
    metadata.ownerReferences.some(({ uid }) => uid !== "" && uids.has(uid)),
  );
  if (owned.length === 0) return [];
  return [
    {
      level: "warning",
      about: "Secrets",
      text: `Secrets belong to their Certificates, and go with them: ${listed(owned.map(pathOf))}`,
      advice: "delete no Certificate whose Secret is in use",
    },
  ];
}

function checkWebhooks({ webhooks, endpointSlices }: LeftBehind): readonly Verdict[] {
  if (endpointSlices === undefined) return [];
  const answered = answeredServices(endpointSlices);
  const dead = deadWebhooks({
    configurations: webhooks,
    concerns: concernsCertificates,
    isDead: (service) => !answered.has(service),
  });
  return dead.map(({ kind, name, service }) => ({
    level: "error",
    about: "webhooks",
    text: `${name} asks Service ${service}, and nobody is behind it: nothing about certificates can be written`,
    advice: `start cert-manager's webhook again, or, if it is gone for good: kubectl delete ${kind.toLowerCase()} ${name}`,
  }));
}

/** Before 1.18 a key stayed unless the Certificate said otherwise; a Secret without the label was written before that. */
function checkRotation({ certificates, secrets }: LeftBehind): readonly Verdict[] {
  const [label] = Object.keys(managedLabel);
  const old = new Set(
    secrets
      .filter(({ metadata }) => label !== undefined && metadata.labels[label] === undefined)
      .map(({ metadata }) => `${metadata.namespace}/${metadata.name}`),
  );
  const turning = certificates.filter((one) => {
    const spec = read(certificateKind, one).value?.spec;
    const isSilent = spec !== undefined && spec.privateKey?.rotationPolicy === undefined;
    return isSilent && old.has(`${one.metadata.namespace}/${spec.secretName}`);
  });
  if (turning.length === 0) return [];
  return [
    {
      level: "warning",
      about: "keys",
      text: `the next renewal brings a new key, where an old cert-manager kept it: ${listed(turning.map(pathOf))}`,
      advice: "where a key is pinned, say privateKey.rotationPolicy: Never",
    },
  ];
}

/** A few of them, and how many there are besides. */
function listed(names: readonly string[]): string {
  const shown = names.slice(0, mostShown).join(", ");
  return names.length > mostShown ? `${shown} and ${names.length - mostShown} more` : shown;
}

function pathOf({ metadata }: KubeObject): string {
  return `${metadata.namespace}/${metadata.name}`;
}

/** The built-in approver's reason; others write their own. */
const builtIn = "cert-manager.io";

function checkApprovers({ requests }: LeftBehind): readonly Verdict[] {
  const reasons = requests.flatMap(({ status }) =>
    ["Approved", "Denied"].flatMap((type) => findCondition(status, type)?.reason ?? []),
  );
  const others = [...new Set(reasons)].filter((reason) => reason !== builtIn).sort();
  if (others.length === 0) return [];
  return [
    {
      level: "error",
      about: "approval",
      text: `requests were decided on by others than cert-manager itself (${listed(others)}), and without a CertificateRequestPolicy Sekisho approves every one that nobody has decided on yet`,
      advice: "stay with cert-manager where an approver has to be asked",
    },
  ];
}

/** An Ingress of its own goes with its Challenge; one of yours that a path was added to stays. */
function checkSolverPaths({ ingresses }: LeftBehind): readonly Verdict[] {
  const edited = ingresses.filter(
    (one) =>
      !objectsAt(one, "metadata", "ownerReferences").some(({ kind }) => kind === "Challenge") &&
      objectsAt(one, "spec", "rules")
        .flatMap((rule) => objectsAt(rule, "http", "paths"))
        .some((path) => /^cm-acme-http-solver-/.test(serviceOf(path))),
  );
  if (edited.length === 0) return [];
  const names = edited.map((one) =>
    [textAt(one, "metadata", "namespace"), textAt(one, "metadata", "name")].join("/"),
  );
  return [
    {
      level: "warning",
      about: "Ingresses",
      text: `an open Order has added a path to an Ingress of yours, which only cert-manager takes away again: ${listed(names)}`,
      advice:
        "hand over when the Order has ended, or remove the path to cm-acme-http-solver afterwards",
    },
  ];
}

function serviceOf(path: JsonObject): string {
  return textAt(path, "backend", "service", "name") ?? "";
}

function checkHolder({ holder }: LeftBehind): readonly Verdict[] {
  if (holder === undefined) return [];
  const about = "lease";
  if (holder.startsWith("sekisho-"))
    return [{ level: "ok", about, text: `${holder} issues already` }];
  return [
    {
      level: "ok",
      about,
      text: `${holder} issues until it is stopped; Sekisho begins when it lets go of the lease`,
    },
  ];
}
