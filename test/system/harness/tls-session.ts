/** TLS sessions of a client, to be taken up again. */

import { once } from "node:events";
import { TLSSocket } from "node:tls";
import { connect, type Peer } from "./wire-client.ts";

export interface MetPeer {
  /** To be shown to it, or to another one. */
  readonly session: Buffer<ArrayBufferLike>;
  /** Whether the connection went on with the session that was shown. */
  readonly isReused: boolean;
  /** The first that it said. */
  readonly answer: string;
}

/** One connection on which a text is said and something answered: tickets come before that. */
export async function meet(
  peer: Peer & Required<Pick<Peer, "tls">>,
  text: string,
): Promise<MetPeer> {
  const socket = await connect(peer);
  if (!(socket instanceof TLSSocket)) throw new Error("the connection is not by TLS");
  let session: Buffer | undefined = socket.getSession();
  socket.on("session", (given: Buffer) => {
    session = given;
  });
  socket.write(text);
  const [answer] = (await once(socket, "data")) as [Buffer];
  const isReused = socket.isSessionReused();
  socket.destroy();
  if (session === undefined) throw new Error("there is no session");
  return { session, isReused, answer: answer.toString("latin1") };
}
