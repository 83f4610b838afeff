/** The name of the secret for handshakes without a server name, where every secret is asked for by server name. */

/**
 * A client that sends this very name gets the same secret, which is that of every host. It must not be `*`: that means
 * every name in xDS.
 */
export const noServerName = "no-server-name";
