/** What is done to the headers of a request on its way to a backend, or of an answer on its way back. */

import type { Text } from "./text.ts";

/** Answers that are no errors, as nginx has it ("add_header", ngx_http_headers_module). */
export const successStatuses: readonly number[] = [
  ...[200, 201, 204, 206, 301, 302, 303, 304, 307, 308],
];

export type HeaderChange =
  /** In place of all that are there under this name. */
  | { readonly kind: "set"; readonly name: string; readonly value: Text }
  /** Beside those that are there. */
  | {
      readonly kind: "add";
      readonly name: string;
      readonly value: Text;
      /** Only on answers of {@link successStatuses}. Default: on all. */
      readonly on?: "success";
    }
  | { readonly kind: "remove"; readonly name: string };
