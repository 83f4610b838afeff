/** Explains a URL by its scheme: a request by HTTP or HTTPS, or a connection or datagram at a port of its own. */

import { type ExplainInputs, type Explanation, explain, requestOf } from "./explanation.ts";
import { explainStream, isStreamUrl } from "./stream-explanation.ts";

/** Whether a URL can be explained. */
export function isExplained(url: URL): boolean {
  return isStreamUrl(url) || url.protocol === "http:" || url.protocol === "https:";
}

/** `serverName`: what the handshake asks for, where it is not the URL's host. */
export async function explainUrl(
  url: URL,
  serverName: string | undefined,
  inputs: ExplainInputs,
): Promise<Explanation> {
  if (isStreamUrl(url)) return await explainStream(url, inputs, serverName);
  const named = serverName === undefined ? {} : { serverName };
  return await explain({ ...requestOf(url), ...named }, inputs);
}
