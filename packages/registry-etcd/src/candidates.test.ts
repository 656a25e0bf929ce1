import { credentials } from "@grpc/grpc-js";
import { testClock } from "@micro/core";
import { describe, expect, it } from "vitest";
import { type Candidates, candidates } from "./candidates.ts";
import { type EtcdMember, etcdMember } from "./member.ts";

const clock = testClock();
const member = (name: string): EtcdMember => etcdMember(`${name}:2379`, name, credentials.createInsecure());
const [a, b, c, d] = [member("a"), member("b"), member("c"), member("d")];
const dead = { cause: "dead", leaderless: false };
const leaderless = { cause: "no leader", leaderless: true };

describe("candidates", () => {
  it("begins where it is told and stays with a member that serves", () => {
    const members = candidates([a, b, c], 4, clock.now);
    expect(members.current()).toBe(b);
    members.served(b);
    expect(members.current()).toBe(b);
  });

  it("goes round the configured members, and takes those that the cluster named only when none is left", () => {
    const members = candidates([a, b], 1, clock.now);
    members.learn([c, d]);
    expect(order(members, 5)).toEqual(["b", "a", "c", "d", "a"]);
  });

  it("stays with a named member while it serves, and tries the configured ones first when it no longer does", async () => {
    const members = candidates([a], 0, clock.now);
    members.learn([c, d]);
    members.troubled(a, dead);
    await clock.advance(60_000);
    expect(members.current()).toBe(c);
    members.troubled(c, dead);
    expect(members.current()).toBe(a);
  });

  it("asks a member without a leader only when no other is left, and then rather than a dead one", () => {
    const members = candidates([a, b], 0, clock.now);
    members.learn([c]);
    members.troubled(a, leaderless);
    expect(members.current()).toBe(b);
    members.troubled(b, dead);
    expect(members.current()).toBe(c);
    members.troubled(c, dead);
    expect(members.current()).toBe(a);
    members.troubled(a, leaderless);
    expect(members.current()).toBe(a);
  });

  it("goes round all members when all are in trouble", () => {
    const members = candidates([a, b], 0, clock.now);
    members.learn([c]);
    expect(order(members, 9)).toEqual(["a", "b", "c", "a", "b", "c", "a", "b", "c"]);
  });

  it("does not move on when a member fails that is not asked any more", () => {
    const members = candidates([a, b, c], 0, clock.now);
    members.troubled(a, dead);
    members.troubled(a, dead);
    expect(members.current()).toBe(b);
  });

  it("forgets named members, and their troubles, when the cluster names them no longer", () => {
    const members = candidates([a], 0, clock.now);
    members.learn([c, d]);
    members.troubled(a, dead);
    members.troubled(c, dead);
    expect(members.current()).toBe(d);
    members.learn([c]);
    members.learn([]);
    members.troubled(d, dead);
    expect(members.current()).toBe(a);
    expect(members.all).toEqual([a]);
    expect(members.troubles()).toEqual([{ member: a, cause: "dead" }]);
  });

  it("goes back to a member that is preferred", () => {
    const members = candidates([a], 0, clock.now);
    members.learn([c]);
    members.troubled(a, dead);
    members.prefer(a);
    expect(members.current()).toBe(a);
  });
});

/** The members asked when each one fails. */
function order(members: Candidates, count: number): string[] {
  return Array.from({ length: count }, () => {
    const asked = members.current();
    members.troubled(asked, dead);
    return asked.address;
  });
}
