/** The controller's own ConfigMap: what Ingresses and VirtualServers do where they say nothing themselves. */

import { type ConfigMap, configMapKind } from "#kinds/config-map.ts";
import type { Known } from "#kinds/kind.ts";
import type { Upstream } from "#kinds/nginx/upstream.ts";
import type { Fragment, Seniority } from "#model/fragment.ts";
import { originOf } from "../common/findings.ts";
import type { DialectSettings, World } from "../dialect.ts";
import { type ConfigMapKey, configMapKeys } from "./config-map-keys.ts";
import type { Defaults } from "./defaults.ts";
import { type Report, tells, warns } from "./report.ts";

/** Where the controller's own manifests have it. */
const usualPlace = { namespace: "nginx-ingress", name: "nginx-config" };

/** Whether a ConfigMap is the controller's own. */
export function takesConfigMap({ object }: Known<unknown>, settings: DialectSettings): boolean {
  const { namespace, name } = settings.nginxConfigMap ?? usualPlace;
  return object.metadata.namespace === namespace && object.metadata.name === name;
}

export function defaultsIn(world: World, settings: DialectSettings): Defaults {
  const { namespace, name } = settings.nginxConfigMap ?? usualPlace;
  return (key) => {
    const text = world.get(configMapKind, namespace, name)?.value?.data?.[key];
    const row = configMapKeys[key];
    if (text === undefined || row === undefined || row.support === "refused") return undefined;
    return row.check?.(text) === undefined ? text : undefined;
  };
}

const upstreamKeys = {
  "lb-method": "lb-method",
  "fail-timeout": "fail-timeout",
  "connect-timeout": "proxy-connect-timeout",
  "read-timeout": "proxy-read-timeout",
  "send-timeout": "proxy-send-timeout",
  "client-max-body-size": "client-max-body-size",
} as const satisfies Partial<Record<keyof Upstream, string>>;

/** What an upstream does where it says nothing itself. */
export function upstreamDefaults(defaults: Defaults): Upstream {
  const given = Object.entries(upstreamKeys).flatMap(([field, key]) => {
    const text = defaults(key);
    return text === undefined ? [] : [[field, text] as const];
  });
  const fails = defaults("max-fails");
  return {
    ...Object.fromEntries(given),
    ...(fails === undefined ? {} : { "max-fails": Number(fails) }),
  };
}

/** It serves nothing; what it says that is not done is told at its key. */
export function translateConfigMap(object: Known<ConfigMap>, seniority: Seniority): Fragment {
  const report: Report = { origin: originOf(object), findings: [] };
  for (const [key, text] of Object.entries(object.value?.data ?? {})) reportKey(key, text, report);
  return { seniority, claimed: true, rules: [], certificates: [], findings: report.findings };
}

function reportKey(key: string, text: string, report: Report): void {
  const at = `data[${key}]`;
  const { name } = report.origin;
  const row: ConfigMapKey | undefined = configMapKeys[key];
  const wrong = row?.check?.(text);
  if (row === undefined) {
    warns(report, at, {
      reason: "UnknownKey",
      message: `${key} is no key of the controller's ConfigMap`,
      advice: "check the spelling, or remove it",
    });
  } else if (wrong !== undefined) {
    warns(report, at, {
      reason: "InvalidValue",
      message: `ConfigMap ${report.origin.namespace}/${name}: invalid value for '${key}': ${JSON.stringify(text)}: ${wrong}, ignoring`,
      advice: "correct it; until then its default holds",
    });
  } else if (row.support === "refused" && row.harmless?.includes(text) !== true) {
    warns(report, at, {
      reason: "KeyNotServed",
      message: `${key} is not served: ${row.why}`,
      advice: row.advice,
    });
  } else if (row.support === "approximated") {
    tells(report, at, {
      reason: "KeyApproximated",
      message: `${key} is approximated: ${row.how}`,
      advice: "check that nobody relies on the difference",
    });
  }
}
