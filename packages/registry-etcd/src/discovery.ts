import { type Logger, systemClock } from "@micro/core";
import type { IMemberListResponse } from "etcd3";
import type { EtcdAddress } from "./address.ts";
import type { Candidates } from "./candidates.ts";
import type { EtcdCluster } from "./cluster.ts";
import { causeOf, isSilence } from "./failure.ts";
import { type AddressRules, learnedAddress } from "./learned-address.ts";
import { hex, learnedMember } from "./learned-member.ts";
import type { EtcdMember } from "./member.ts";

export interface DiscoveryOptions {
  readonly rules: AddressRules;
  connect(address: EtcdAddress): EtcdMember;
  readonly logger: Logger;
}

const everyMs = 30_000;
const answerMs = 1_000;
// A cluster that comes and goes says each time that it is back.
const leastMs = 2_000;

/**
 * Asks the cluster for its members, when it begins to serve and every half minute from then on, so that a process that
 * was given one address outlives the loss of that member. Goes back to the configured members when they serve again.
 * An etcd that does not answer the question costs nothing but the question.
 */
export function keepDiscovering(cluster: EtcdCluster, members: Candidates, options: DiscoveryOptions): void {
  const { rules, connect, logger } = options;
  const targets = new Map<EtcdMember, string>();
  const foreign = new Set<string>();
  // Which named member comes first differs from process to process, so that those who lose one spread over the others.
  const luck = Math.random();
  let clusterId: string | undefined;
  let lastMs = Number.NEGATIVE_INFINITY;
  let busy = false;
  let again = false;
  let cancel: () => void = () => undefined;

  function plan(ms: number): void {
    cancel();
    if (!cluster.closing.aborted) cancel = systemClock.after(ms, () => void refresh(), { background: true });
  }

  async function refresh(): Promise<void> {
    busy = true;
    again = false;
    lastMs = systemClock.now();
    for (const member of sources()) {
      if (cluster.closing.aborted || (await askForMembers(member))) break;
    }
    busy = false;
    plan(again ? leastMs : everyMs);
  }

  /** The member in use, after the configured ones that it stands in for. */
  function sources(): readonly EtcdMember[] {
    const current = cluster.current();
    return members.configured.includes(current) ? [current] : [...members.configured, current];
  }

  async function askForMembers(member: EtcdMember): Promise<boolean> {
    const { generation } = member;
    const standsIn = members.learned.includes(cluster.current());
    try {
      const headers = await cluster.metadata(member, answerMs, true);
      const found = await member.unary("memberList", {}, headers, answerMs);
      if (cluster.closing.aborted) return true;
      const configured = members.configured.includes(member);
      if (configured && standsIn) members.prefer(member);
      take(found, configured);
      return true;
    } catch (reason) {
      if (cluster.closing.aborted) return true;
      logger.debug(`etcd at ${member.address} did not name its members: ${causeOf(reason)}`);
      // Nobody else would notice that the connection to a member that is not in use is dead.
      if (standsIn && isSilence(reason) && member.generation === generation) member.reset();
      return false;
    }
  }

  function take({ header, members: found }: IMemberListResponse, configured: boolean): void {
    const id = header?.cluster_id ?? "0";
    // Something that speaks etcd's language without being a cluster: nobody could be told from a stranger.
    if (id === "0") return;
    if (!configured && id !== clusterId) return;
    const known = new Map(id === clusterId ? members.learned.map((member) => [targets.get(member), member]) : []);
    clusterId = id;
    const learned: EtcdMember[] = [];
    for (const address of addressesOf(found, header.member_id)) {
      const member = known.get(address.target) ?? newMember(address, id);
      targets.set(member, address.target);
      learned.push(member);
    }
    replace(learned);
  }

  /** In the order in which to ask them; the member that answered is known to be where we are, so it comes last. */
  function addressesOf(found: IMemberListResponse["members"], answeredBy: string): readonly EtcdAddress[] {
    // A learner refuses nearly everything.
    const voters = found.filter((member) => !member.isLearner);
    const turn = Math.floor(luck * voters.length);
    const others = [...voters.slice(turn), ...voters.slice(0, turn)].filter(({ ID }) => ID !== answeredBy);
    const self = voters.filter(({ ID }) => ID === answeredBy);
    const byTarget = new Map<string, EtcdAddress>();
    for (const url of [...others, ...self].flatMap((member) => member.clientURLs)) {
      const address = learnedAddress(url, rules);
      if (address && !byTarget.has(address.target)) byTarget.set(address.target, address);
    }
    return [...byTarget.values()];
  }

  function newMember(address: EtcdAddress, id: string): EtcdMember {
    const member = learnedMember(connect(address), id, (foundId) => {
      replace(members.learned.filter((other) => other !== member));
      if (foreign.has(address.target)) return;
      foreign.add(address.target);
      logger.warn(
        `etcd cluster ${hex(id)} names ${address.text} as a member, but cluster ${hex(foundId)} answers there; not using it`,
      );
    });
    return member;
  }

  function replace(learned: readonly EtcdMember[]): void {
    const gone = members.learned.filter((member) => !learned.includes(member));
    members.learn(learned);
    for (const member of gone) {
      targets.delete(member);
      member.reset();
    }
  }

  cluster.onServing(() => {
    if (busy) again = true;
    else plan(Math.max(0, lastMs + leastMs - systemClock.now()));
  });
  cluster.closing.addEventListener("abort", () => cancel(), { once: true });
}
