/** A test that has a lab and a pod in it, says where, and waits to be killed. */

import { startLab } from "./lab.ts";

const lab = await startLab();
await lab.kubectl(["run", "sleeper", "--image=pause"]);
await lab.kubectl(["wait", "--for=condition=Ready", "pod/sleeper", "--timeout=120s"]);
const inside = lab.enter(["sleep", "infinity"], { stdio: "ignore" });
console.log(JSON.stringify({ directory: lab.directory, pid: inside.pid }));
