/** `external-status-address`: what the statuses say that show where an object is reached. */

import { isIpAddress } from "#base/network-text.ts";
import { ingressKind } from "#kinds/ingress.ts";
import { virtualServerKind } from "#kinds/nginx/virtual-server.ts";
import { virtualServerRouteKind } from "#kinds/nginx/virtual-server-route.ts";
import type { Fragment } from "#model/fragment.ts";
import type { Defaults } from "./defaults.ts";

const shown: ReadonlySet<string> = new Set([
  ingressKind.id,
  virtualServerKind.id,
  virtualServerRouteKind.id,
]);

/** For the fragment of an object of a kind (`KindId`). */
export function statusAddress(kind: string, defaults: Defaults): Pick<Fragment, "reachedAt"> {
  const text = shown.has(kind) ? defaults("external-status-address") : undefined;
  if (text === undefined) return {};
  return { reachedAt: isIpAddress(text) ? { ip: text } : { hostname: text } };
}
