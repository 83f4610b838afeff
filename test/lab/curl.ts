/** The real curl on the node of a lab: a client outside of the cluster, whose names all lead to the load balancer. */

import assert from "node:assert/strict";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import type { Lab } from "./lab.ts";

/** What curl prints for a URL whose host is served at the address; rejects when there is no answer. */
export async function curl(
  { lab, address }: { readonly lab: Lab; readonly address: string },
  url: string,
  ...options: readonly string[]
): Promise<string> {
  const everyName = ["--connect-to", `::${address}:`];
  const usual = ["-sS", "-q", "--noproxy", "*", "--max-time", "20", ...everyName];
  const child = lab.enter(["curl", ...usual, ...options, url], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  assert.ok(child.stdout !== null && child.stderr !== null);
  const [printed, complaint, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "close"),
  ]);
  if (code !== 0) throw new Error(`${url}: ${complaint.trim()}`);
  return printed;
}
