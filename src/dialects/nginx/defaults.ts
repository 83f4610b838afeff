/** What holds where an object says nothing itself. */

/** Tracked. What the controller's ConfigMap says under a key that is honoured; undefined where it says nothing, or something wrong. */
export type Defaults = (key: string) => string | undefined;
