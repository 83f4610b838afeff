/** x */
import { chainLayout } from "#envoy/listeners/chain-layout.ts";
import { startEcho, plainSettings, worldResources } from "./host-world.ts";
import { startEnvoy, freePorts } from "./real-envoy.ts";
import { execSync } from "node:child_process";
import { readFileSync } from "node:fs";
import net from "node:net";
await using echo = await startEcho();
const ports = await freePorts("http", "https");
const layout = chainLayout(plainSettings, ports);
await using envoy = await startEnvoy(worldResources(layout, echo.port));
const pid = execSync("pgrep -n -x envoy").toString().trim();
const cpu = () => { const f = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]!.split(" "); return (Number(f[11]) + Number(f[12])) * 10; };
async function run(host: string, n = 20000) {
  const socket = net.connect(ports.http, "127.0.0.1");
  const one = `GET /a/b?c HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
  let got = 0; const start = cpu();
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.on("error", (e) => { console.log(host, got, e.message); resolve(); });
  socket.on("data", (d) => { const k = d.toString("latin1").split("HTTP/1.1 200").length - 1; got += k; if (got >= n) resolve(); else if (k > 0) socket.write(one); });
  socket.write(one); await promise; socket.destroy();
  return ((cpu() - start) / n * 1000).toFixed(1);
}
for (let i = 0; i < 4; i++) for (const h of ["shop.test", "shop.test:80", "a.one.test", "unknown.test", "SHOP.test"]) console.log(h, await run(h), "us/req");
console.log(await envoy.admin("/stats?filter=http.http&usedonly"));
