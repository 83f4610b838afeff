/** The ports of a gate: those asked for, else the first pair that can be had. */

import type { ListenerPorts } from "#envoy/listeners/layout.ts";
import type { PortProbe } from "#runtime/network/port-probe.ts";

export type Ports = ListenerPorts;

/** As 8080 stands for 80 where that may not be opened. */
export const usualShift = 8000;

export class PortError extends Error {
  readonly code: "in-use" | "denied" | "other";
  readonly retryable = false;
  /** What to do next. */
  readonly advice: string;
  constructor(code: "in-use" | "denied" | "other", message: string, advice: string) {
    super(message);
    this.name = "PortError";
    this.code = code;
    this.advice = advice;
  }
}

/**
 * A port that was asked for must be free; one that was not is the standard port when it is allowed and free, else the
 * usual one above 1024. Throws {@link PortError}. Ports that our own Envoy `held` when we came count as free, and are
 * kept when no others were asked for.
 */
export async function choosePorts(
  probe: PortProbe,
  address: string,
  asked: { readonly http: number | undefined; readonly https: number | undefined },
  held?: Ports,
): Promise<Ports> {
  const own = held === undefined ? [] : [held.http, held.https];
  const http = await choose(probe, address, {
    ...{ flag: "--http", asked: asked.http, own },
    usual: held === undefined ? [80, 8080] : [held.http],
  });
  const https = await choose(probe, address, {
    ...{ flag: "--https", asked: asked.https, own },
    usual: held === undefined ? [443, 8443] : [held.https],
  });
  const lowPortShift = held?.lowPortShift ?? (await shiftOf(probe, address));
  return { http, https, lowPortShift };
}

/** Whoever may open the first port may open all. */
async function shiftOf(probe: PortProbe, address: string): Promise<number> {
  return (await probe.probe(address, 1)) === "denied" ? usualShift : 0;
}

interface Choice {
  readonly flag: string;
  readonly asked: number | undefined;
  readonly usual: readonly number[];
  /** Free for us whatever the system says. */
  readonly own: readonly number[];
}

async function choose(
  probe: PortProbe,
  address: string,
  { flag, asked, usual, own }: Choice,
): Promise<number> {
  const candidates = asked === undefined ? usual : [asked];
  let last: Awaited<ReturnType<PortProbe["probe"]>> = "free";
  for (const port of candidates) {
    if (own.includes(port)) return port;
    last = await probe.probe(address, port);
    if (last === "free") return port;
  }
  if (last === "in-use") {
    const taken =
      asked === undefined
        ? `neither port ${usual.join(" nor ")} of ${address} can be had`
        : `port ${asked} of ${address} is in use`;
    throw new PortError("in-use", taken, `choose another with ${flag} PORT`);
  }
  if (last === "denied") {
    throw new PortError(
      "denied",
      `port ${candidates.join(" and ")} may not be opened by this user`,
      `choose one above 1023 with ${flag} PORT`,
    );
  }
  throw new PortError(
    "other",
    `${address} is no address of this machine`,
    "choose another with --address ADDRESS",
  );
}
