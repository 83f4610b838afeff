/** x */
import { onDemandLayout } from "#envoy/listeners/on-demand-layout.ts";
import { buildSecret } from "#envoy/secrets/secret.ts";
import { secretForServerName } from "#envoy/secrets/server-name.ts";
import { groups, materialOf, plainSettings, startEcho, worldResources } from "./host-world.ts";
import { freePorts, startEnvoy } from "./real-envoy.ts";
import { http1Text, sendText } from "./wire-client.ts";

await using echo = await startEcho();
const ports = await freePorts("http", "https");
const layout = onDemandLayout(plainSettings, ports);
await using envoy = await startEnvoy(worldResources(layout, echo.port), (name) => {
  const secret = secretForServerName(name, groups);
  console.log("asked", name, secret);
  return secret === undefined ? undefined : buildSecret(name, materialOf(secret));
});
console.log(envoy.refused);
for (const sni of ["*", "shop.test", "default/shop", "a%b", "xdstp://a/b", "shop.test"])
  console.log(
    sni,
    await sendText(
      { port: ports.https, tls: { serverName: sni } },
      http1Text("/", [`Host: shop.test`]),
    ).then(
      (a) => [a.status, a.body],
      (e) => e.code,
    ),
  );
console.log((await envoy.admin("/server_info")).slice(0, 100));
console.log(await envoy.admin("/stats?filter=control_plane|ads"));
