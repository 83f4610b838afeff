/** What the proxy of one stream refuses. */

import type { ResourceType } from "#envoy/resource.ts";
import type { ResourceView } from "../resource-view.ts";
import type { RefusedName, StreamIdentity } from "../xds-events.ts";
import type { Subscription } from "./subscription.ts";

/** What it refuses of what it asks for, and what is known to be refused by its like. */
export function refusalsOf(
  identity: StreamIdentity,
  view: ResourceView,
  subscriptions: ReadonlyMap<ResourceType, Subscription>,
): readonly RefusedName[] {
  const known = view.refusals();
  const asked = known.filter(({ type, name }) => subscriptions.get(type)?.asksFor(name));
  const own = [...subscriptions.values()].flatMap(({ type, refused }) =>
    [...refused].flatMap(([name, { version, message }]) =>
      known.some((one) => one.type === type && one.name === name)
        ? []
        : [{ type, name, version, message }],
    ),
  );
  return [...asked, ...own].map(({ type, name, version, message }) => ({
    ...identity,
    ...{ type, name, version, message },
  }));
}
