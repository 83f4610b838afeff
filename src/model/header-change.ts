/** What is done to the headers of a request on its way to a backend, or of an answer on its way back. */

import type { Text } from "./text.ts";

export type HeaderChange =
  /** In place of all that are there under this name. */
  | { readonly kind: "set"; readonly name: string; readonly value: Text }
  /** Beside those that are there. */
  | { readonly kind: "add"; readonly name: string; readonly value: Text }
  | { readonly kind: "remove"; readonly name: string };
