/** Moments into the two time types of certificates. */

import { element } from "./der.ts";

const utcTime = 0x17;
const generalizedTime = 0x18;

/**
 * Whole seconds in UTC: UTCTime through the year 2049, GeneralizedTime from 2050 on (RFC 5280 §4.1.2.5). What is below
 * a second is cut. Throws outside of 1950 to 9999.
 */
export function derTime(moment: Temporal.Instant): Uint8Array {
  const { year } = moment.toZonedDateTimeISO("UTC");
  if (year < 1950 || year > 9999) throw new Error(`a certificate cannot name the year ${year}`);
  const digits = moment
    .round({ smallestUnit: "second", roundingMode: "floor" })
    .toString()
    .replaceAll(/[-:T]/g, "");
  return year < 2050
    ? element(utcTime, Buffer.from(digits.slice(2), "latin1"))
    : element(generalizedTime, Buffer.from(digits, "latin1"));
}
