/** `127.0.0.1:9464`, `[::1]:9464`, or a port alone → where something of ours listens. */

import type { Parser } from "#base/schema.ts";

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** A port alone is opened to this machine only. */
const loopback = "127.0.0.1";

export const listenAddressForm = "must be ADDRESS:PORT or a port, such as 127.0.0.1:9464";

/** Undefined when the text has another form. */
export function parseListenAddress(text: string): ListenAddress | undefined {
  const [, v6, v4, digits = ""] =
    /^(?:\[([0-9A-Fa-f:.]+)\]:|(\d{1,3}(?:\.\d{1,3}){3}):)?(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  if (digits === "" || port < 1 || port > 65535) return undefined;
  if (v6 !== undefined && !URL.canParse(`http://[${v6}]/`)) return undefined;
  if (v4?.split(".").some((part) => Number(part) > 255)) return undefined;
  return { host: v6 ?? v4 ?? loopback, port };
}

export const listenAddress: Parser<ListenAddress> = (value, reading) => {
  const parsed =
    typeof value === "string" || typeof value === "number"
      ? parseListenAddress(`${value}`)
      : undefined;
  if (parsed === undefined) {
    const { path } = reading;
    reading.problems.push({ path, problem: "invalid", message: listenAddressForm });
  }
  return parsed;
};
