/** Looks at a port by listening on it for a moment. */

import net from "node:net";
import type { PortProbe } from "./port-probe.ts";

/** A {@link PortProbe} on this machine. */
export function createPortProbe(): PortProbe {
  return {
    probe: (host, port) =>
      new Promise((resolve) => {
        const server = net.createServer();
        server.once("error", (error: NodeJS.ErrnoException) => {
          const code = error.code;
          resolve(
            code === "EADDRINUSE"
              ? "in-use"
              : code === "EACCES" || code === "EPERM"
                ? "denied"
                : "other",
          );
        });
        server.listen({ host, port }, () => server.close(() => resolve("free")));
      }),
  };
}
