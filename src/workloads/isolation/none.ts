/** No namespaces: programs run beside everything else and must listen on POD_IP. */

import type { Network } from "#runtime/network/network.ts";
import { NetworkError } from "#runtime/network/network.ts";
import type { EnteredInvocation, Invocation, Isolation, PodPlace } from "./isolation.ts";

/** Ports below the first free one are moved up by this much. */
const lowPortShift = 20_000;

/** Where a port goes that an ordinary user may not listen on. */
export function movedPort(port: number, firstFreePort: number): number {
  return port < firstFreePort ? port + lowPortShift : port;
}

/** An {@link Isolation} that isolates nothing. */
export function createNoIsolation(
  network: Network,
  firstFreePort: number,
): Isolation & { readonly mode: "none" } {
  return {
    mode: "none",
    open: async ({ address }) => openPlace(network, address, firstFreePort),
    adopt: async ({ address }) => openPlace(network, address, firstFreePort),
  };
}

function openPlace(network: Network, address: string, firstFreePort: number): PodPlace {
  const moved = (port: number): number => movedPort(port, firstFreePort);
  return {
    holder: undefined,
    mounts: false,
    listenPort: moved,
    reach: moved,
    enter: plainInvocation,
    listens: (port, signal) => answers(network, address, moved(port), signal),
    close: async () => undefined,
  };
}

/** The program as it is. */
function plainInvocation(invocation: Invocation): EnteredInvocation {
  const { command, args, workingDir } = invocation;
  return { command, args, ...(workingDir === undefined ? {} : { cwd: workingDir }) };
}

/** True when a TCP connection can be made. */
export async function answers(
  network: Network,
  host: string,
  port: number,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    await network.connect({ host, port }, Temporal.Duration.from({ seconds: 1 }), signal);
    return true;
  } catch (cause) {
    if (cause instanceof NetworkError) return false;
    throw cause;
  }
}
