/** DNS over the sockets of Node: {@link createDnsTransport}. */

import { createSocket } from "node:dgram";
import { getServers } from "node:dns";
import { connect, isIPv6 } from "node:net";
import type { DnsServerAddress, DnsTransport } from "./dns-transport.ts";
import { NetworkError, type NetworkErrorCode } from "./network.ts";

/** A {@link DnsTransport} on this machine. */
export function createDnsTransport(): DnsTransport {
  return {
    ask: ({ over, address, port }, message, signal) =>
      over === "udp"
        ? askByDatagram({ address, port }, message, signal)
        : askByStream({ address, port }, message, signal),
    resolvers: () => getServers().map(parseServer),
  };
}

/** `192.0.2.1`, `192.0.2.1:5353`, `2001:db8::1`, `[2001:db8::1]:5353`. */
function parseServer(text: string): DnsServerAddress {
  const [, six, four, port] = /^(?:\[(.*)\]|([^:]*)):(\d+)$/.exec(text) ?? [];
  return { address: six ?? four ?? text, port: Number(port ?? 53) };
}

function askByDatagram(
  { address, port }: DnsServerAddress,
  message: Uint8Array,
  signal: AbortSignal,
): Promise<Uint8Array> {
  if (signal.aborted) return Promise.reject(givenUp());
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
  const socket = createSocket(isIPv6(address) ? "udp6" : "udp4");
  socket.on("error", (cause) => reject(failure(cause)));
  socket.on("message", (answer) => {
    if (answer[0] === message[0] && answer[1] === message[1]) resolve(answer);
  });
  const abort = (): void => reject(givenUp());
  signal.addEventListener("abort", abort);
  // A connected socket hears only that server, and learns when nobody listens there.
  socket.connect(port, address, () => {
    socket.send(message, (cause) => {
      if (cause !== null) reject(failure(cause));
    });
  });
  return promise.finally(() => {
    signal.removeEventListener("abort", abort);
    socket.close();
  });
}

function askByStream(
  { address, port }: DnsServerAddress,
  message: Uint8Array,
  signal: AbortSignal,
): Promise<Uint8Array> {
  if (signal.aborted) return Promise.reject(givenUp());
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
  const socket = connect(port, address);
  const abort = (): void => reject(givenUp());
  signal.addEventListener("abort", abort);
  socket.on("error", (cause) => reject(failure(cause)));
  socket.on("close", () => reject(new NetworkError("reset", "the connection was closed")));
  let received = Buffer.alloc(0);
  socket.on("data", (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    if (received.length < 2) return;
    const end = 2 + received.readUInt16BE(0);
    if (received.length >= end) resolve(received.subarray(2, end));
  });
  const length = Buffer.alloc(2);
  length.writeUInt16BE(message.length);
  socket.write(Buffer.concat([length, message]));
  return promise.finally(() => {
    signal.removeEventListener("abort", abort);
    socket.destroy();
  });
}

function givenUp(): NetworkError {
  return new NetworkError("aborted", "the question was given up");
}

const codes: Readonly<Record<string, NetworkErrorCode>> = {
  ECONNREFUSED: "refused",
  ECONNRESET: "reset",
  ETIMEDOUT: "timeout",
};

function failure(cause: Error): NetworkError {
  const code = "code" in cause ? (codes[String(cause.code)] ?? "other") : "other";
  return new NetworkError(code, cause.message, { cause });
}
