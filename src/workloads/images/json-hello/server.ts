/** Answers every request with `{"message": MESSAGE}`, headers first, before the request's body was read. */

import { env } from "node:process";
import { listen } from "../listen.ts";

listen({
  defaultPort: 3000,
  handler: (request, response) => {
    response.writeHead(200, { "Content-Type": "application/json" });
    // Two writes: the image sends its headers first, so clients see chunks and no length.
    response.write(JSON.stringify({ message: env["MESSAGE"] ?? "hello world!" }));
    response.end();
    request.resume();
  },
});
