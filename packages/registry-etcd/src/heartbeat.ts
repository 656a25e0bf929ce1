import { systemClock } from "@micro/core";
import type { EtcdCluster } from "./cluster.ts";
import { judge } from "./failure.ts";
import { rootKey } from "./keys.ts";
import type { EtcdMember } from "./member.ts";

// A frozen member or a dead connection is noticed after at most the sum of the two.
const everyMs = 500;
const answerMs = 1_000;

/**
 * Asks the member at short intervals for next to nothing, on the connection that the watch uses, unless it was heard
 * of since (`lastSignMs`, in milliseconds since 1970). Calls `onDead` when no answer comes or the member has no leader.
 *
 * A watch in which nothing happens cannot be told from one that is dead. HTTP/2 pings, which etcd allows only every 5
 * seconds, would not tell that the member has lost its cluster, and progress requests are not known before etcd 3.4.
 * The answer stops it.
 */
export function heartbeat(
  cluster: EtcdCluster,
  member: EtcdMember,
  lastSignMs: () => number,
  onDead: (reason: unknown) => void,
): () => void {
  let stopped = false;
  let lastBeatMs = systemClock.now();
  let cancel = plan();

  function plan(): () => void {
    const sinceMs = Math.max(0, systemClock.now() - Math.max(lastSignMs(), lastBeatMs));
    return systemClock.after(everyMs - Math.min(sinceMs, everyMs), () => void beat(), { background: true });
  }

  async function beat(): Promise<void> {
    const startMs = systemClock.now();
    try {
      if (startMs - lastSignMs() >= everyMs) {
        lastBeatMs = startMs;
        await ask();
        cluster.heard(member);
      }
    } catch (reason) {
      // When this process itself stood still, the answer may be waiting unread.
      const late = systemClock.now() - startMs > answerMs * 1.5;
      // A refusal is an answer, too.
      if (!stopped && !late && judge(reason) === "elsewhere") return onDead(reason);
    }
    if (!stopped) cancel = plan();
  }

  async function ask(): Promise<void> {
    const metadata = await cluster.metadata(member, answerMs, true);
    const { header } = await member.unary(
      "range",
      { key, limit: 1, keys_only: true, serializable: true },
      metadata,
      answerMs,
    );
    cluster.heardTerm(header.raft_term);
  }

  return () => {
    stopped = true;
    cancel();
  };
}

const key = Buffer.from(rootKey);
