/** Answers every request with five lines about the server and the request. */

import { randomBytes } from "node:crypto";
import { env } from "node:process";
import { listen } from "../listen.ts";

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** `02/Sep/2022:15:21:06 +0000`, nginx's `$time_local` in UTC. */
function localTime(now: Temporal.ZonedDateTime): string {
  const two = (value: number): string => `${value}`.padStart(2, "0");
  const date = `${two(now.day)}/${months[now.month - 1]}/${now.year}`;
  return `${date}:${two(now.hour)}:${two(now.minute)}:${two(now.second)} +0000`;
}

listen({
  defaultPort: 8080,
  handler: (request, response) => {
    const address = `${request.socket.localAddress ?? ""}`.replace(/^::ffff:/, "");
    const lines = [
      `Server address: ${address}:${request.socket.localPort ?? ""}`,
      `Server name: ${env["HOSTNAME"] ?? ""}`,
      `Date: ${localTime(Temporal.Now.zonedDateTimeISO("UTC"))}`,
      `URI: ${request.url ?? ""}`,
      `Request ID: ${randomBytes(16).toString("hex")}`,
    ];
    request.resume();
    const body = `${lines.join("\n")}\n`;
    response.writeHead(200, {
      "Content-Type": "text/plain",
      "Content-Length": Buffer.byteLength(body),
      "Cache-Control": "no-cache",
    });
    response.end(body);
  },
});
