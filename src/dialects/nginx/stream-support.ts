/** Every field of TransportServer and GlobalConfiguration, and what becomes of it. */

import { globalConfigurationKind } from "#kinds/nginx/global-configuration.ts";
import { transportServerKind } from "#kinds/nginx/transport-server.ts";
import { honoured, refused, type SupportRow } from "../common/support.ts";
import { streamParameterSupport, streamUpstreamSupport } from "./features/streams/stream.ts";
import { rowsAt } from "./field-support.ts";

const server = transportServerKind.id;
const listener = "spec.listeners[]";

export const streamSupport: readonly SupportRow[] = [
  ...honoured(server, "spec.ingressClassName", "spec.host", "spec.tls.secret"),
  ...honoured(server, "spec.listener.name", "spec.listener.protocol"),
  ...refused(
    server,
    { why: "nginx's own language is not understood" },
    "spec.serverSnippets",
    "spec.streamSnippets",
  ),
  ...rowsAt(server, "spec.upstreams[]", streamUpstreamSupport),
  ...rowsAt(server, "spec.upstreamParameters", streamParameterSupport),
  ...honoured(server, "spec.sessionParameters.timeout", "spec.action.pass"),
  ...honoured(globalConfigurationKind.id, `${listener}.name`, `${listener}.protocol`),
  ...honoured(globalConfigurationKind.id, `${listener}.port`, `${listener}.ssl`),
  ...honoured(globalConfigurationKind.id, `${listener}.ipv4`, `${listener}.ipv6`),
];
