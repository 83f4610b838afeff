/** YAML mapping keys → the texts that JSON needs, as Go's sigs.k8s.io/yaml writes them. */

import type { Resolved } from "./resolve-scalar.ts";
import { isUnsigned } from "./resolve-scalar.ts";

/** The text of a key; undefined for null and for integers beyond 2⁶³-1, which cannot be keys. */
export function formatKeyText(key: Resolved): string | undefined {
  const { value, type } = key;
  if (value === null || isUnsigned(value)) return undefined;
  if (type === "float" && typeof value === "number") return formatFloat32(value);
  return String(value);
}

/** Go's `strconv.FormatFloat(value, 'g', -1, 32)`: the shortest text that gives the same 32-bit number. */
function formatFloat32(value: number): string {
  const single = Math.fround(value);
  if (Number.isNaN(single)) return ".nan";
  if (single === Infinity) return ".inf";
  if (single === -Infinity) return "-.inf";
  if (single === 0) return Object.is(single, -0) ? "-0" : "0";
  const [mantissa = "", exponentText = "0"] = shortestExponential(single).split("e");
  const exponent = Number(exponentText);
  const digits = mantissa.replace(/[-.]/g, "");
  const sign = single < 0 ? "-" : "";
  if (exponent < -4 || exponent >= 6) {
    const power = String(Math.abs(exponent)).padStart(2, "0");
    return `${mantissa}e${exponent < 0 ? "-" : "+"}${power}`;
  }
  return sign + placePoint(digits, exponent);
}

function shortestExponential(single: number): string {
  for (let places = 0; places < 9; places += 1) {
    const text = single.toExponential(places);
    if (Math.fround(Number(text)) === single) return text;
  }
  return single.toExponential();
}

function placePoint(digits: string, exponent: number): string {
  if (exponent < 0) return `0.${"0".repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, "0");
  const rest = digits.slice(exponent + 1);
  return rest === "" ? whole : `${whole}.${rest}`;
}
