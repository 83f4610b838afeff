/** The two ways in which an HTTPS listener can hold its certificates: chosen when it is made, and kept. */

import type { HandshakeAnswer } from "#model/handshake-answer.ts";
import type { Host } from "#model/host.ts";
import type { OwnPort } from "#model/own-port.ts";
import type { Passthrough } from "#model/stream.ts";
import type { CertificateGroup, VirtualHost } from "#model/virtual-host.ts";
import type { Resource, ResourceName } from "../resource.ts";
import type { ConnectionGuard } from "../routes/misdirected.ts";
import type { ListenerSettings } from "./settings.ts";

export interface ListenerLayout {
  /** Which connections may carry requests for a virtual host. */
  readonly guard: (virtualHost: VirtualHost) => ConnectionGuard;
  /** Whether connections are told apart by their server name: the wildcard index then says which group each is of. */
  readonly byServerName: boolean;
  /** Headers of ours, beside that of the scope, which its listeners say something with: no backend sees them. */
  readonly internalHeaders: readonly string[];
  /** Whether only some clients may send requests: then no host does without the filter that says so. */
  readonly limitsClients: boolean;
  /** Whether connections of a group that asks clients for nothing are taken up again by keys that all proxies have. */
  readonly sharesTickets: boolean;
  /** What a certificate group adds to the HTTPS listener. */
  readonly encodeChain: (group: CertificateGroup) => EncodedChain;
  /** What a host whose handshakes are passed on unopened adds to it. */
  readonly encodePassthrough: (host: Host, passthrough: Passthrough) => EncodedChain;
  /**
   * What shows a certificate authority that a name is ours. `otherwise`: what the connections of others for that name meet,
   * where no other chain names it. A name in one chain is looked for in no other.
   */
  readonly encodeHandshakeAnswer: (
    answer: HandshakeAnswer,
    otherwise?: EncodedChain,
  ) => EncodedChain;
  /** What the listeners of ports of their own are built with. */
  readonly ownPorts: OwnPortSettings;
  /** A listener by TLS of its own, for the hosts of these groups. */
  readonly buildOwnHttps: (port: OwnPort, groups: readonly CertificateGroup[]) => Resource;
  /** All listeners but those of ports of their own, with what groups and hosts add by their names. */
  readonly build: (chains: ReadonlyMap<string, EncodedChain>) => readonly Resource[];
}

/** The filter chains of one certificate group, or of a host whose handshakes are passed on, encoded. */
export interface EncodedChain {
  readonly bytes: Uint8Array;
  /** Server names whose handshakes are theirs. Default: as the chains themselves say. */
  readonly asks?: readonly string[];
  /** Whose handshakes they pass on. Default: they answer them. */
  readonly passesOn?: Host;
  /** The name that is shown to be ours. Default: none. */
  readonly proves?: string;
  /** The cluster that they lead to; absent: routes decide. */
  readonly cluster?: string;
  /** The secrets that they ask for by name; empty: none, or by server name. */
  readonly secrets: readonly string[];
}

export interface ListenerPorts {
  readonly http: number;
  readonly https: number;
  /** What is added to ports below 1024 that objects ask for. Default: nothing. */
  readonly lowPortShift?: number;
  /** What is added to a port that objects ask for and that is the gate's own. Default: it is not opened for them. */
  readonly takenPortShift?: number;
}

export interface OwnPortSettings {
  readonly listeners: ListenerSettings;
  readonly ports: ListenerPorts;
}

/** Where a port that an object asks for is opened. */
export function openedPort(
  { port, protocol }: Pick<OwnPort, "port" | "protocol">,
  { http, https, lowPortShift = 0, takenPortShift = 0 }: ListenerPorts,
): number {
  const shifted = port < 1024 ? port + lowPortShift : port;
  const isTaken = protocol !== "udp" && (shifted === http || shifted === https);
  return isTaken ? shifted + takenPortShift : shifted;
}

/** What must be in force before the listener that they are in. */
export function needsOf({
  secrets,
  cluster,
}: Pick<EncodedChain, "secrets" | "cluster">): readonly ResourceName[] {
  return [
    ...secrets.map((name) => ({ type: "secret", name }) as const),
    ...(cluster === undefined ? [] : [{ type: "cluster", name: cluster } as const]),
  ];
}

/** Whether the listener is the same with either. */
export function isSameChain(before: EncodedChain | undefined, now: EncodedChain): boolean {
  return (
    before !== undefined &&
    before.secrets.join() === now.secrets.join() &&
    before.asks?.join() === now.asks?.join() &&
    before.cluster === now.cluster &&
    Buffer.compare(before.bytes, now.bytes) === 0
  );
}
