/** A GlobalConfiguration: it opens nothing by itself, so all there is to it is what is wrong with it. */

import type { Known } from "#kinds/kind.ts";
import type { GlobalConfiguration } from "#kinds/nginx/global-configuration.ts";
import { keyOf } from "#kinds/object.ts";
import type { Fragment, Seniority } from "#model/fragment.ts";
import { originOf } from "../common/findings.ts";
import type { DialectSettings, World } from "../dialect.ts";
import { globalConfigurationIn, readListeners } from "./features/server/listeners.ts";
import { type Report, warns } from "./report.ts";

export function translateGlobalConfiguration(
  object: Known<GlobalConfiguration>,
  world: World,
  settings: DialectSettings,
  seniority: Seniority,
): Fragment {
  const report: Report = {
    origin: originOf(object),
    findings: [],
    remedy: "correct it; until then this listener does not exist, and all others do",
  };
  const inForce = globalConfigurationIn(world, settings);
  if (inForce?.object === object.object) readListeners(object, report);
  else {
    const { nginxGlobalConfiguration: named } = settings;
    const { namespace, name } = named ?? keyOf((inForce ?? object).object);
    const why = named === undefined ? "is older" : "is named by our settings";
    warns(report, "", {
      reason: "Ignored",
      message: `GlobalConfiguration ${namespace}/${name} ${why}, so nothing of this one is in force`,
      advice: "move its listeners there, or name this one by nginxGlobalConfiguration",
    });
  }
  return { seniority, claimed: true, rules: [], certificates: [], findings: report.findings };
}
