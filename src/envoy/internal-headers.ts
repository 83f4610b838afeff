/** The headers by which our listeners, our routes and our scripts talk to each other. No client can set them and no backend sees them. */

/** Every header of ours begins so; what a client sends under this prefix is removed before anything reads it. */
export const internalHeaderPrefix = "x-sekisho-";

/**
 * The key of the scope that answers, a colon, and how the connection is named: `h/<authority>:<connection>` at first,
 * another key when the fallback filters chose it. What stands behind the last colon is never the client's.
 *
 * Envoy keeps a place for headers of this name, which it sends only where it is asked to count attempts. By any other
 * name it would index all headers of a request to look it up: 4,300 instructions, 2 percent of a request.
 */
export const scopeHeader = "x-envoy-attempt-count";

/** Before an exact host in {@link scopeHeader}: of requests at the gate's ports, and at ports of their own. */
export const exactPrefix = "h/";
export const ownExactPrefix = "o/";

/** Before a wildcard in {@link scopeHeader} for requests at ports of their own. */
export const ownPortSpace = "o";

/** The port of its own at which a request came; absent at the gate's ports. */
export const ownPortHeader = "x-sekisho-own-port";

/** How connections without TLS are named in {@link scopeHeader}, and those that {@link connectionHeader} names. */
export const plainConnection = "plain";
export const namedConnection = "named";

/**
 * Which certificate the connection was answered with, where one chain serves all; absent on connections without TLS. Where
 * each certificate group has a chain of its own, {@link scopeHeader} says it.
 */
export const connectionHeader = "x-sekisho-connection";

/** Of answers, before the name of a header that only some answers get. */
export const onSuccessPrefix = "x-sekisho-on-success-";

/** Of answers: how a Location begins that is to begin otherwise, and how. */
export const locationFromHeader = "x-sekisho-location-from";
export const locationToHeader = "x-sekisho-location-to";

/** How the connections of a certificate group are named that has a filter chain of its own: that chain's name. */
export function chainName(group: string): string {
  return `tls/${headerSafe(group)}`;
}

/** Before the server name in {@link connectionHeader} where one chain serves all certificates, until its group is found. */
export const serverNamePrefix = "sni:";

/** The value of {@link connectionHeader} once it is seen that the server name is the host asked for. */
export const ownNameConnection = "own-name";

/** The value of {@link connectionHeader} that every guard takes for another's: it makes a host say what its group is. */
export const foreignConnection = "foreign";

/** The text with every character that a header or a format string could misread replaced, two texts never alike. */
function headerSafe(text: string): string {
  return text.replace(
    /[^A-Za-z0-9./+*-]/gu,
    (character) => `_${character.codePointAt(0)?.toString(16) ?? ""}_`,
  );
}
