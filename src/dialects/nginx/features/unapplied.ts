/** Fields that mean nothing here, or that we do not do: each is said. */

import type { Route } from "#kinds/nginx/route.ts";
import type { VirtualServerSpec } from "#kinds/nginx/virtual-server.ts";
import { forbids, type Report, warns } from "../report.ts";

/** What of a VirtualServer itself has no effect. */
export function reportIdleServerFields(spec: VirtualServerSpec, report: Report): void {
  reportDos(spec.dos, "spec.dos", report);
  if ((spec["http-snippets"] ?? "").trim() !== "") {
    warns(report, "spec.http-snippets", {
      reason: "SnippetNotApplied",
      message: "http-snippets has no effect: nginx's own language is not understood here",
      advice: "say it by other fields",
    });
  }
}

/** What of a route has no effect. */
export function reportIdleRouteFields(route: Route, at: string, report: Report): void {
  reportDos(route.dos, `${at}.dos`, report);
}

/** Whether a snippet is there that a route relies on; it may be all that keeps people out. */
export function hasSnippet(text: string | undefined, at: string, report: Report): boolean {
  const code = (text ?? "").replace(/^\s*#.*$/gm, "").trim();
  if (code === "") return false;
  warns(report, at, {
    reason: "SnippetNotApplied",
    message: "nginx's own language is not understood here; what the snippet is for answers 503",
    advice: "say it by other fields, and remove the snippet",
  });
  return true;
}

function reportDos(dos: string | undefined, at: string, report: Report): void {
  if (dos !== undefined && dos !== "") forbids(report, at, "field requires DOS enablement");
}
