/** Which certificate a handshake gets, and which hosts its connection may ask for. */

import { describe } from "node:test";
import type { Ingress, IngressSpec, IngressTls } from "./manifest.ts";
import {
  ask,
  http,
  https,
  ingress,
  late,
  otherPair,
  paths,
  secret,
  services,
  table,
} from "./small-world.ts";

describe("certificates", () => {
  const rules = [{ http: paths("/") }];
  const tls = (name: string, ...hosts: readonly string[]): IngressTls => ({
    secretName: name,
    hosts,
  });
  const a = (...entries: IngressSpec["tls"] & object): Ingress =>
    ingress("a", { rules, tls: entries });
  const whole = [secret("one"), secret("two", { crt: otherPair.certificate, key: otherPair.key })];
  const served = "default/s0:80 by default/a spec.rules[0].http.paths[0] with default/";
  table({
    "an exact name": () => [
      ask([a(tls("one", "h.com")), ...whole, ...services], https("h.com", "h.com")),
      `${served}one`,
    ],
    "a name in upper case": () => [
      ask([a(tls("one", "h.com")), ...whole, ...services], https("H.com", "h.com:443")),
      `${served}one`,
    ],
    "a wildcard takes many labels in a handshake": () => [
      ask([a(tls("one", "*.com")), ...whole, ...services], https("y.x.com", "y.x.com")),
      `${served}one`,
    ],
    "the longer wildcard wins": () => [
      ask(
        [a(tls("one", "*.com"), tls("two", "*.x.com")), ...whole, ...services],
        https("y.x.com", "y.x.com"),
      ),
      `${served}two`,
    ],
    "the exact name wins over the wildcard": () => [
      ask(
        [a(tls("one", "*.com"), tls("two", "x.com")), ...whole, ...services],
        https("x.com", "x.com"),
      ),
      `${served}two`,
    ],
    "an unknown name is refused": () => [
      ask([a(tls("one", "h.com")), ...whole, ...services], https("i.com", "i.com")),
      "refused by nobody",
    ],
    "no name is refused": () => [
      ask([a(tls("one", "h.com")), ...whole, ...services], https(undefined, "h.com")),
      "refused by nobody",
    ],
    "an entry without hosts takes every name": () => [
      ask([a(tls("one")), ...whole, ...services], https("i.com", "i.com")),
      `${served}one`,
    ],
    "and no name": () => [
      ask([a(tls("one")), ...whole, ...services], https(undefined, "i.com")),
      `${served}one`,
    ],
    "a missing Secret refuses": () => [
      ask([a(tls("gone", "h.com"), tls("one")), ...whole, ...services], https("h.com", "h.com")),
      "refused by default/a spec.tls[0].hosts[0]",
    ],
    "a Secret of another namespace is missing": () => [
      ask([a(tls("three", "h.com")), secret("three", {}, "shop")], https("h.com", "h.com")),
      "refused by default/a spec.tls[0].hosts[0]",
    ],
    "a certificate with another's key refuses": () => [
      ask([a(tls("bad", "h.com")), secret("bad", { key: otherPair.key })], https("h.com", "h.com")),
      "refused by default/a spec.tls[0].hosts[0]",
    ],
    "no certificate at all refuses": () => [
      ask([a(tls("bad", "h.com")), secret("bad", { crt: "x" })], https("h.com", "h.com")),
      "refused by default/a spec.tls[0].hosts[0]",
    ],
    "plain HTTP goes on without the Secret, and is not redirected": () => [
      ask([a(tls("gone", "h.com")), ...services], http("h.com", "/")),
      "default/s0:80 by default/a spec.rules[0].http.paths[0]",
    ],
    "an entry without a Secret leaves the choice to others": () => [
      ask([a({ hosts: ["h.com"] }, tls("one")), ...whole, ...services], https("h.com", "h.com")),
      `${served}one`,
    ],
    "the oldest Ingress decides on a host's Secret": () => [
      ask(
        [
          ingress("new", { tls: [tls("one", "h.com")] }, { creationTimestamp: late }),
          a(tls("two", "h.com")),
          ...whole,
          ...services,
        ],
        https("h.com", "h.com"),
      ),
      `${served}two`,
    ],
    "a host of the same Secret is served": () => [
      ask([a(tls("one", "h.com", "i.com")), ...whole, ...services], https("h.com", "i.com")),
      `${served}one`,
    ],
    "a host of another Secret is misdirected": () => [
      ask(
        [a(tls("one", "h.com"), tls("two", "i.com")), ...whole, ...services],
        https("h.com", "i.com"),
      ),
      "421 by default/a spec.rules[0] with default/one",
    ],
    "a host without any is misdirected": () => [
      ask([a(tls("one", "h.com")), ...whole, ...services], https("h.com", "i.com")),
      "421 by default/a spec.rules[0] with default/one",
    ],
    "a host with a certificate of its own is misdirected on the default's": () => [
      ask([a(tls("one"), tls("two", "i.com")), ...whole, ...services], https("h.com", "i.com")),
      "421 by default/a spec.rules[0] with default/one",
    ],
    "a host whose Secret is missing is misdirected": () => [
      ask([a(tls("one"), tls("gone", "i.com")), ...whole, ...services], https("h.com", "i.com")),
      "421 by default/a spec.rules[0] with default/one",
    ],
  });
});
