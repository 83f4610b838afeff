/** A Policy: it does nothing by itself, so all there is to it is what is wrong with it, whoever refers to it. */

import type { Known } from "#kinds/kind.ts";
import type { Policy } from "#kinds/nginx/policy.ts";
import type { Fragment, Seniority } from "#model/fragment.ts";
import { originOf } from "../common/findings.ts";
import type { DialectSettings, World } from "../dialect.ts";
import { faultOf } from "./features/policies/policies.ts";
import { judgeClass } from "./features/server/class.ts";
import { type Report, rejects } from "./report.ts";

export function translatePolicy(
  object: Known<Policy>,
  world: World,
  settings: DialectSettings,
  seniority: Seniority,
): Fragment {
  const nothing = { seniority, rules: [], certificates: [] };
  const verdict = judgeClass(object, world, settings);
  if (!verdict.served) return { ...nothing, claimed: false, findings: verdict.findings };
  const report: Report = {
    origin: originOf(object),
    findings: [],
    remedy: "correct it; until then requests get 500 where it is referred to",
  };
  const fault = faultOf(object, world);
  if (fault !== undefined) rejects(report, fault.path, fault.problem);
  return { ...nothing, claimed: true, findings: report.findings };
}
