/** A small program of ours that answers like a well-known demo image. */

export interface StandIn {
  readonly name: string;
  /** Image patterns as in `images:` of sekisho.yaml. */
  readonly patterns: readonly string[];
  /** The port the image listens on when told nothing. */
  readonly defaultPort: number;
  /** The program: run as `node FILE ARGS…` with POD_IP and PORT in its environment. */
  readonly file: string;
}
