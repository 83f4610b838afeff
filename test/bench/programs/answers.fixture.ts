/**
 * The backends of a measurement as a program: listens on three ports of its own, and answers `a`, `b` and `echo`. Behind
 * the directory that it is found by it may be given an address to listen on.
 */

import { once } from "node:events";
import { createServer, type Server } from "node:net";

/** One write a request: what is measured is the way there, not this. */
function answering(text: string): Server {
  const answer = `HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\nContent-Type: text/plain\r\n\r\n${text}`;
  return createServer({ noDelay: true }, (socket) => {
    let received = "";
    socket.setEncoding("latin1").on("data", (chunk: string) => {
      received += chunk;
      for (let end = received.indexOf("\r\n\r\n"); end >= 0; end = received.indexOf("\r\n\r\n")) {
        received = received.slice(end + 4);
        socket.write(answer);
      }
    });
    socket.on("error", () => socket.destroy());
  });
}

const address = process.argv[3] ?? "127.0.0.1";
const ports: number[] = [];
for (const text of ["a", "b", "echo"]) {
  const server = answering(text).listen(0, address);
  await once(server, "listening");
  const bound = server.address();
  if (bound !== null && typeof bound === "object") ports.push(bound.port);
}
console.log(`listening on ${ports.join(" ")}`);
