import assert from "node:assert/strict";
import { test } from "node:test";
import { type AddressRules, whyForbidden } from "./forbidden-address.ts";

const rules: AddressRules = {
  allowed: [],
  apiServers: () => ["10.96.0.1", "192.168.7.2", "fd00::1"],
};

const refused: Readonly<Record<string, readonly string[]>> = {
  "this machine": ["127.0.0.1", "127.255.255.254", "0.0.0.0", "0.1.2.3", "::", "::1"],
  "this machine, as IPv6 that leads to IPv4": [
    "::ffff:127.0.0.1",
    "::ffff:7f00:1",
    "0:0:0:0:0:ffff:127.0.0.1",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "::FFFF:0.0.0.0",
  ],
  "link-local addresses": ["169.254.0.1", "fe80::1", "febf::1", "fe80::1%eth0"],
  "metadata services": [
    "169.254.169.254",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "169.254.170.2",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "fd00:ec2::254",
    "fd00:ec2::23",
    "fd20:ce::254",
  ],
  "addresses of many or of nobody": ["224.0.0.251", "255.255.255.255", "240.0.0.1", "ff02::1"],
  "the API server": ["10.96.0.1", "192.168.7.2", "::ffff:10.96.0.1", "fd00:0::1"],
  "what is no address at all": ["localhost", "2130706433"],
};

for (const [what, addresses] of Object.entries(refused)) {
  test(`nobody has us connect to ${what}`, () => {
    for (const address of addresses) assert.ok(whyForbidden(address, rules), address);
  });
}

test("public and private addresses may be connected to", () => {
  const usable = [
    "192.0.2.1",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.0.1",
    "100.64.0.1",
    "198.51.100.7",
  ];
  for (const address of [...usable, "2001:db8::1", "fd12::1", "::ffff:192.0.2.1", "2606:4700::1"])
    assert.equal(whyForbidden(address, rules), undefined, address);
});

test("what the operator allows may be connected to, however it is written", () => {
  const allowed = ["127.0.0.0/8", "fe80::/64", "10.96.0.1"];
  for (const address of ["127.0.0.1", "::ffff:127.9.9.9", "fe80::7", "10.96.0.1"])
    assert.equal(whyForbidden(address, { ...rules, allowed }), undefined, address);
  assert.ok(whyForbidden("169.254.169.254", { ...rules, allowed }));
  assert.ok(whyForbidden("fe80:1::7", { ...rules, allowed }));
});
