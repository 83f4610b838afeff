/** A control plane to be killed: runs two pods from the directory given, and says when they are ready. */

import { argv } from "node:process";
import type { IsolationMode } from "#workloads/isolation/isolation.ts";
import { deployment, openStage, rolledOut, service, write } from "./harness/workloads-stage.ts";

const [directory = "", isolation = "none"] = argv.slice(2);
const stage = await openStage({ isolation: isolation as IsolationMode, directory });
await write(stage.store, deployment({ replicas: 2 }), service);
await rolledOut(stage.store, 2);
// What follows from that, as the endpoints do, is written as well.
await stage.workloads.settled();
console.log("ready");
