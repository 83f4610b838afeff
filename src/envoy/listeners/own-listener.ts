/** What all listeners of ports of their own have in common: name, place and frame. */

import type { ListenerFilter } from "#gen/envoy/config/listener/v3/listener_components_pb.ts";
import type { Listener } from "#gen/envoy/config/listener/v3/listener_pb.ts";
import { formatOwnPort, type OwnPort } from "#model/own-port.ts";
import { type OwnPortSettings, openedPort } from "./layout.ts";
import { addAddresses, buildDatagramFrame, buildListenerFrame } from "./listener.ts";
import type { ListenerSettings } from "./settings.ts";

/** How the names of these listeners begin, before the port. */
export const ownListenerPrefix = "own/";

/** The name of the listener of a port of its own. */
export function ownListenerName(port: OwnPort): string {
  return `${ownListenerPrefix}${formatOwnPort(port)}`;
}

/** Its frame; by UDP the first filter does everything. */
export function buildOwnFrame(
  port: OwnPort,
  { listeners: settings, ports }: OwnPortSettings,
  filters: ListenerFilter[],
): Listener {
  const name = ownListenerName(port);
  const opened = openedPort(port, ports);
  const [address = settings.address, ...others] = addressesOf(port, settings);
  const own = { ...settings, address };
  const [first] = filters;
  const frame =
    port.protocol === "udp" && first !== undefined
      ? buildDatagramFrame(name, opened, own, first)
      : buildListenerFrame(name, opened, own, filters);
  addAddresses(frame, others);
  return frame;
}

/** Where only one family's address is given, the other one's stays the gate's own. */
function addressesOf(
  { addresses = [] }: OwnPort,
  { address }: ListenerSettings,
): readonly string[] {
  if (addresses.length === 0) return [address];
  const isOpen = addresses.some((one) => one.includes(":")) === address.includes(":");
  return isOpen || addresses.length > 1 ? addresses : [...addresses, address];
}
