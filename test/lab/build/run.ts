/** Builds what a lab needs; `npm test` does it first, so that no test waits for it. */

import { findObstacle } from "./requirements.ts";
import { bringTools } from "./tools.ts";

const obstacle = await findObstacle();
if (obstacle === undefined) {
  console.error(`lab: its programs are in ${await bringTools()}`);
} else if (process.env["CI"] === "true") {
  console.error(`lab: ${obstacle}`);
  process.exitCode = 1;
} else {
  console.error(`lab: left out, because ${obstacle}`);
}
