/** Other proxies for the same table: those that are asked for and whose programs are there. */

import { findProgram } from "../../programs/find-program.ts";
import type { Subject } from "../subject.ts";
import { caddy } from "./caddy.ts";
import { haproxy } from "./haproxy.ts";
import { nginx } from "./nginx.ts";
import { type Peer, subjectOf } from "./peer.ts";
import { traefik } from "./traefik.ts";

const peers: readonly Peer[] = [traefik, caddy, nginx, haproxy];

export interface PeerChoice {
  /** `all`, `none`, or names with commas. */
  readonly peers: string;
  readonly install: boolean;
}

export interface FoundPeers {
  readonly peers: readonly Subject[];
  /** Sentences for the page. */
  readonly leftOut: readonly string[];
}

/** Throws on a name that no peer has. */
export function findPeers(choice: PeerChoice): FoundPeers {
  const asked = namesOf(choice.peers);
  const found: Subject[] = [];
  const leftOut: string[] = [];
  for (const peer of peers) {
    if (!asked.includes(peer.name.toLowerCase())) {
      leftOut.push(`left out: ${peer.name}, not asked for`);
      continue;
    }
    const program = findProgram(peer.wanted, choice.install);
    if (program.kind === "found") found.push(subjectOf(peer, program.path));
    else leftOut.push(`left out: ${peer.name}, ${program.reason}`);
  }
  return { peers: found, leftOut };
}

function namesOf(choice: string): readonly string[] {
  const known = peers.map(({ name }) => name.toLowerCase());
  if (choice === "all") return known;
  const asked = choice === "none" ? [] : choice.toLowerCase().split(",");
  const unknown = asked.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    throw new Error(`no peer is named ${unknown.join(", ")}: choose from ${known.join(", ")}`);
  }
  return asked;
}
