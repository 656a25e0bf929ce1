import type { EtcdMember } from "./member.ts";

/** The members that may be asked, and which of them is next. */
export interface Candidates {
  /** Those of the settings, then those that the cluster named. */
  readonly all: readonly EtcdMember[];
  readonly configured: readonly EtcdMember[];
  readonly learned: readonly EtcdMember[];
  /** The member to ask now. Those that the cluster named come when none of the settings serves. */
  current(): EtcdMember;
  /** The member serves, and stays the one to ask for as long as it does. */
  prefer(member: EtcdMember): void;
  /** The member did not serve: others are asked first for a while. */
  troubled(member: EtcdMember, trouble: { cause: string; leaderless: boolean }): void;
  /** The member served. */
  served(member: EtcdMember): void;
  /** Members in trouble, with the cause. */
  troubles(): readonly { member: EtcdMember; cause: string }[];
  /** Replaces the members that the cluster named. */
  learn(members: readonly EtcdMember[]): void;
}

const avoidMs = 2_000;

/** `first` is the index among the configured ones where to begin. */
export function candidates(configured: readonly EtcdMember[], first: number, now: () => number): Candidates {
  const troubles = new Map<EtcdMember, Trouble>();
  let learned: readonly EtcdMember[] = [];
  let preferred = configured[first % configured.length] ?? nobody();

  function current(): EtcdMember {
    return untroubled(preferred, now()) ? preferred : best(0);
  }

  /** The best one to ask, of equals the first in turn from `steps` after the preferred one. */
  function best(steps: number): EtcdMember {
    const nowMs = now();
    const ring = [...configured, ...learned];
    const turn = Math.max(0, ring.indexOf(preferred) + steps);
    const inTurn = [...ring.slice(turn), ...ring.slice(0, turn)];
    const healthy = inTurn.filter((member) => untroubled(member, nowMs));
    return (
      healthy.find((member) => configured.includes(member)) ??
      healthy[0] ??
      // One that answers, if only that it has no leader, costs nothing to ask again.
      inTurn.find((member) => troubles.get(member)?.leaderless) ??
      inTurn[0] ??
      nobody()
    );
  }

  function untroubled(member: EtcdMember, nowMs: number): boolean {
    return (troubles.get(member)?.untilMs ?? 0) <= nowMs;
  }

  return {
    get all() {
      return [...configured, ...learned];
    },
    configured,
    get learned() {
      return learned;
    },
    current,
    prefer(member) {
      troubles.delete(member);
      preferred = member;
    },
    troubled(member, { cause, leaderless }) {
      if (!configured.includes(member) && !learned.includes(member)) return;
      const wasCurrent = member === current();
      troubles.set(member, { cause, leaderless, untilMs: now() + avoidMs });
      if (!wasCurrent) return;
      preferred = member;
      preferred = best(1);
    },
    served: (member) => troubles.delete(member),
    troubles: () => [...troubles].map(([member, { cause }]) => ({ member, cause })),
    learn(members) {
      learned = members;
      for (const member of troubles.keys())
        if (!configured.includes(member) && !learned.includes(member)) troubles.delete(member);
      if (!configured.includes(preferred) && !learned.includes(preferred)) preferred = best(0);
    },
  };
}

interface Trouble {
  readonly cause: string;
  readonly leaderless: boolean;
  /** Members that did not fail lately are asked first. */
  readonly untilMs: number;
}

function nobody(): never {
  throw new Error("an etcd cluster needs a member");
}
