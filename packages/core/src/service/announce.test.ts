import { describe, expect, it } from "vitest";
import { memoryRegistry } from "../registry/memory.ts";
import type { Registry } from "../registry/registry.ts";
import { testClock } from "../words/clock.ts";
import { unavailable } from "../words/errors.ts";
import { type Logger, silentLogger } from "../words/logger.ts";
import { announce } from "./announce.ts";
import type { RegisterCheck } from "./register-check.ts";

describe("announce", () => {
  const record = {
    name: "s",
    version: "1",
    metadata: {},
    endpoints: [],
    nodes: [{ id: "s-1", address: "a:1", metadata: {} }],
  };

  it("registers at once, renews each interval, and removes the record when stopped", async () => {
    const clock = testClock();
    const registry = memoryRegistry({ clock });
    const { logger, lines } = log();
    const announcement = announce({ registry, record, ttlMs: 3_000, intervalMs: 1_000, clock, logger });
    await announcement.tried;
    for (let second = 0; second < 10; second++) {
      await clock.advance(1_000);
      expect(await registry.getService("s")).toHaveLength(1);
    }
    await announcement.stop();
    expect(await registry.getService("s")).toEqual([]);
    expect(lines).toEqual([
      "info Registry [memory] Registering node: s-1",
      "info Registry [memory] Deregistering node: s-1",
    ]);
  });

  it("says what failed, tries again with growing pauses, and says when it worked", async () => {
    const clock = testClock();
    const inner = memoryRegistry({ clock });
    let tries = 0;
    const registry: Registry = {
      ...inner,
      register: async (...args) => {
        if (++tries <= 3) throw unavailable("micro.registry.etcd", "127.0.0.1:2379: connection refused");
        await inner.register(...args);
      },
    };
    const { logger, lines } = log();
    const announcement = announce({ registry, record, ttlMs: 60_000, intervalMs: 30_000, clock, logger });
    await announcement.tried;
    expect(tries).toBe(1);
    await clock.advance(10_000);
    expect(tries).toBe(4);
    expect(lines).toEqual([
      "error Registry [memory] cannot register node s-1, try 1: 127.0.0.1:2379: connection refused",
      "error Registry [memory] cannot register node s-1, try 2: 127.0.0.1:2379: connection refused",
      "error Registry [memory] cannot register node s-1, try 3: 127.0.0.1:2379: connection refused",
      "info Registry [memory] Registering node: s-1",
    ]);
    await announcement.stop();
  });

  it("leaves nothing behind when it is stopped while a registration is under way", async () => {
    const clock = testClock();
    const inner = memoryRegistry({ clock });
    let arrive = (): void => undefined;
    const arriving = new Promise<void>((resolve) => {
      arrive = resolve;
    });
    const registry: Registry = {
      ...inner,
      async register(...args) {
        await arriving;
        await inner.register(...args);
      },
      async deregister(...args) {
        await inner.deregister(...args);
        arrive();
      },
    };
    const announcement = announce({ registry, record, ttlMs: 60_000, intervalMs: 0, clock, logger: log().logger });
    await announcement.stop();
    expect(await inner.getService("s")).toEqual([]);
  });

  describe("with a check", () => {
    function checked(check: RegisterCheck) {
      const clock = testClock();
      const registry = memoryRegistry({ clock });
      const { logger, lines } = log();
      const announcement = announce({ registry, record, ttlMs: 3_000, intervalMs: 1_000, check, clock, logger });
      const isThere = async () => (await registry.getService("s")).length > 0;
      return { clock, lines, announcement, isThere };
    }

    it("registers once the check passes, and says why not before", async () => {
      let database = "away";
      const { clock, lines, announcement, isThere } = checked(() => {
        if (database === "away") throw new Error("the database is away");
      });
      await announcement.tried;
      expect(await isThere()).toBe(false);
      expect(lines).toEqual([
        "error Registry [memory] node s-1 is not registered, its check failed, try 1: the database is away",
      ]);
      database = "there";
      await clock.advance(1_000);
      expect(await isThere()).toBe(true);
      expect(lines.at(-1)).toBe("info Registry [memory] Registering node: s-1");
      await announcement.stop();
    });

    it("takes the node out when a later check fails, and puts it back", async () => {
      let failing = false;
      const { clock, lines, announcement, isThere } = checked(async () => {
        if (failing) throw unavailable("db", "the database is away");
      });
      await announcement.tried;
      expect(await isThere()).toBe(true);
      failing = true;
      await clock.advance(1_000);
      expect(await isThere()).toBe(false);
      expect(lines.at(-1)).toBe(
        "error Registry [memory] node s-1 is taken out, its check failed, try 1: the database is away",
      );
      failing = false;
      await clock.advance(1_000);
      expect(await isThere()).toBe(true);
      expect(lines.at(-1)).toBe("info Registry [memory] Registering node: s-1 again after 1 failed tries");
      await announcement.stop();
    });

    it("takes a check that does not answer in ten seconds for a failed one, and tells it to stop", async () => {
      const signals: AbortSignal[] = [];
      const { clock, lines, announcement } = checked((signal) => {
        signals.push(signal);
        return new Promise(() => undefined);
      });
      await clock.advance(9_999);
      expect(lines).toEqual([]);
      await clock.advance(1);
      await announcement.tried;
      expect(lines[0]).toContain("its check failed, try 1: no answer within 10 s");
      expect(signals[0]?.aborted).toBe(true);
      await announcement.stop();
    });

    it("is not waited for by the end", async () => {
      let stopped: AbortSignal | undefined;
      const { lines, announcement, isThere } = checked((signal) => {
        stopped = signal;
        return new Promise(() => undefined);
      });
      await announcement.stop();
      expect(stopped?.aborted).toBe(true);
      expect(await isThere()).toBe(false);
      expect(lines).toEqual(["info Registry [memory] Deregistering node: s-1"]);
    });
  });
});

function log(): { logger: Logger; lines: string[] } {
  const lines: string[] = [];
  const at = (level: string) => (first: string | object, second?: string) =>
    void lines.push(`${level} ${second ?? first}`);
  return { logger: { ...silentLogger, info: at("info"), warn: at("warn"), error: at("error") }, lines };
}
