/** Pods with network, host name and mount namespaces of their own, joined to this machine by a pair of interfaces: needs root. */

import { adoptChild } from "#runtime/processes/adopted-child.ts";
import type { Child } from "#runtime/processes/processes.ts";
import { nameHash } from "../object-names.ts";
import type {
  EnteredInvocation,
  Invocation,
  Isolation,
  Mount,
  PodPlace,
  PodRequest,
} from "./isolation.ts";
import { IsolationError } from "./isolation.ts";
import { mountArguments } from "./mount-script.ts";
import type { NamespaceDeps } from "./namespace-deps.ts";
import { answers, createNoIsolation } from "./none.ts";

/**
 * The pod's address stays a loopback one, so that nothing of the machine's real network is touched: the kernel lets
 * 127.0.0.0/8 leave through an interface whose `route_localnet` is set, and a route in the local table that is longer
 * than 127.0.0.0/8 wins over it. Pods reach the machine at the block's gateway address and each other through it:
 * forwarding is switched on for our interfaces only.
 */
const hostScript = `
set -eu
pid=$1 link=$2 address=$3 gateway=$4 block=$5 name=$6
own=$(readlink /proc/$$/ns/net)
while [ "$(readlink "/proc/$pid/ns/uts")" = "$(readlink /proc/$$/ns/uts)" ] || [ "$(readlink "/proc/$pid/ns/net")" = "$own" ]; do sleep 0.005; done
ip link add "$link" type veth peer name eth0 netns "$pid"
echo 1 > "/proc/sys/net/ipv4/conf/$link/route_localnet"
echo 1 > "/proc/sys/net/ipv4/conf/$link/forwarding"
if [ -e "/proc/sys/net/ipv6/conf/$link/disable_ipv6" ]; then echo 1 > "/proc/sys/net/ipv6/conf/$link/disable_ipv6"; fi
ip link set "$link" up
ip route add "$address/32" dev "$link" table local src "$gateway"
exec nsenter --target "$pid" --net --uts sh -euc '
  echo "$4" > /proc/sys/kernel/hostname
  echo 1 > /proc/sys/net/ipv4/conf/eth0/route_localnet
  ip link set lo up
  ip link set eth0 up
  ip addr add "$1/32" dev eth0
  ip route add "$2/32" dev eth0 table local src "$1"
  ip route add "$3.0.0/16" via "$2" dev eth0 onlink table local src "$1"
' sh "$address" "$gateway" "$block" "$name"
`;

export interface RootSettings {
  /** The first two octets of all pod addresses. */
  readonly block: string;
  readonly gateway: string;
}

/** An {@link Isolation} for root. */
export function createRootIsolation(deps: NamespaceDeps, settings: RootSettings): Isolation {
  const beside = createNoIsolation(deps.network, 0);
  return {
    mode: "root",
    open: async (pod) =>
      pod.hostNetwork ? await beside.open(pod) : await openPlace(deps, settings, pod),
    adopt: async (pod, holder) => {
      if (pod.hostNetwork) return await beside.adopt(pod, holder);
      const lives = holder !== undefined && (await deps.processes.alive(holder));
      return lives ? placeOf(deps, pod, adoptChild(deps, holder)) : undefined;
    },
  };
}

async function openPlace(
  deps: NamespaceDeps,
  { block, gateway }: RootSettings,
  pod: PodRequest,
): Promise<PodPlace> {
  const { processes } = deps;
  // Does nothing but hold the namespaces; they go with the last process in them.
  const holder = await processes.start({
    command: "unshare",
    args: ["--net", "--uts", "sleep", "infinity"],
    env: pod.env,
    output: { file: pod.logFile },
    ownSession: true,
  });
  const place = placeOf(deps, pod, holder);
  const pid = `${holder.identity.pid}`;
  const given = [pid, linkOf(pod), pod.address, gateway, block, pod.hostname];
  const made = await processes.run({
    command: "sh",
    args: ["-c", hostScript, "sh", ...given],
    env: pod.env,
  });
  if (made.code !== 0) {
    await place.close();
    throw new IsolationError(`no network for the pod: ${made.stderr.trim()}`);
  }
  return place;
}

/** The pod's interface on this machine. */
function linkOf({ uid }: PodRequest): string {
  return `sk${nameHash(uid, 12)}`;
}

function placeOf({ processes, network }: NamespaceDeps, pod: PodRequest, holder: Child): PodPlace {
  const pid = `${holder.identity.pid}`;
  return {
    holder: holder.identity,
    mounts: true,
    listenPort: (port) => port,
    reach: (port) => port,
    enter: (invocation, mounts) => enter(["--net", "--uts"], pid, { invocation, mounts, pod }),
    listens: (port, signal) => answers(network, pod.address, port, signal),
    close: async () => {
      await processes.signal(holder.identity, "SIGKILL", "group");
      await holder.exited;
      // The kernel removes it some time after the namespace; by hand it is gone now. Not there is as good.
      const args = ["link", "delete", linkOf(pod)];
      await processes.run({ command: "ip", args, env: pod.env });
    },
  };
}

/** The invocation inside the namespaces of process `pid`, with its mounts when there are any. */
export function enter(
  namespaces: readonly string[],
  pid: string,
  inside: {
    readonly invocation: Invocation;
    readonly mounts: readonly Mount[];
    readonly pod: PodRequest;
  },
): EnteredInvocation {
  const { invocation, mounts, pod } = inside;
  const entry = ["--target", pid, ...namespaces];
  if (mounts.length > 0) {
    const args = mountArguments(invocation, mounts, pod.mountRoom);
    return { command: "nsenter", args: [...entry, "unshare", ...args] };
  }
  const { command, args, workingDir } = invocation;
  return {
    command: "nsenter",
    args: [...entry, command, ...args],
    ...(workingDir === undefined ? {} : { cwd: workingDir }),
  };
}
