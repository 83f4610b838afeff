/** A text that only its parser can make: `Brand<"Hostname">` is not assignable from `string`. */

declare const brand: unique symbol;

export type Brand<Name extends string> = string & { readonly [brand]: Name };
