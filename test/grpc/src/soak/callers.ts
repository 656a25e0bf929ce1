import {
  type Client,
  createClient,
  grpc,
  memoryRegistry,
  registrySelector,
  sleep,
  systemClock,
  type TypedClient,
} from "@micro/core";
import { TestService } from "../gen/test.ts";
import { turns } from "../turns.ts";
import { checksum, isSame, payloadOf } from "./messages.ts";
import type { Tally } from "./tally.ts";

type Calls = TypedClient<(typeof TestService)["methods"]>;

/** What a caller works with until `stop` is aborted. */
export interface Place {
  readonly address: string;
  readonly tally: Tally;
  readonly stop: AbortSignal;
}

let callers = 0;
const randomBelow = (limit: number): number => Math.floor(Math.random() * limit);
// Mostly small, now and then larger than a frame, seldom than a window.
const someSize = (): number => [0, 10, 200, 3_000, 20_000, 100_000][randomBelow(6)] ?? 0;
const rarelyHuge = (): number => (randomBelow(200) === 0 ? 2_000_000 : someSize());

function open(): { client: Client; calls: Calls; id: number; close(): Promise<void> } {
  const registry = memoryRegistry();
  const selector = registrySelector({ registry });
  const client = createClient({ selector, protocols: [grpc], retries: 0, dialTimeoutMs: 5_000, timeoutMs: 20_000 });
  const calls = client.of(TestService, "grpc.testing");
  return {
    client,
    calls,
    id: ++callers,
    async close() {
      await client.close();
      await selector.close();
      await registry.close();
    },
  };
}

/** Many unary calls at once on one connection, for ever. */
export async function steady({ address, tally, stop }: Place): Promise<void> {
  const { calls, id, close } = open();
  let number = 0;
  const lane = async (): Promise<void> => {
    while (!stop.aborted) {
      const payload = payloadOf(id, number++, rarelyHuge());
      await tally.count("steady", [], async () =>
        isSame(payload, (await calls.unaryCall({ payload }, { address })).payload),
      );
    }
  };
  await Promise.all(Array.from({ length: 16 }, lane));
  await close();
}

/** A client after the other, each closed while its calls run. */
export async function churn({ address, tally, stop }: Place): Promise<void> {
  while (!stop.aborted) {
    const { calls, id, close } = open();
    const running = Array.from({ length: 10 }, (_, number) => {
      const payload = payloadOf(id, number, someSize());
      // 503 is what a call gets that the closed client no longer makes.
      return tally.count("churn", [503], async () =>
        isSame(payload, (await calls.unaryCall({ payload, responseSize: randomBelow(3) }, { address })).payload),
      );
    });
    if (randomBelow(2) === 0) await Promise.race(running);
    await close();
    await Promise.all(running);
  }
}

/** Calls whose connections are reset under them. */
export async function cutOff({ address, tally, stop }: Place): Promise<void> {
  const { calls, id, close } = open();
  let number = 0;
  const lane = async (): Promise<void> => {
    while (!stop.aborted) {
      const payload = payloadOf(id, number++, someSize());
      await tally.count("cut off", [503], async () =>
        isSame(payload, (await calls.unaryCall({ payload }, { address })).payload),
      );
    }
  };
  await Promise.all(Array.from({ length: 4 }, lane));
  await close();
}

/** Calls that are given up at any moment, and such whose time is too short. */
export async function impatient({ address, tally, stop }: Place): Promise<void> {
  const { calls, id, close } = open();
  for (let number = 0; !stop.aborted; number++) {
    const payload = payloadOf(id, number, someSize());
    const giveUp = new AbortController();
    const request = { payload, responseSize: randomBelow(8) };
    const aborted = tally.count("aborted", [499], async () =>
      isSame(payload, (await calls.unaryCall(request, { address, signal: giveUp.signal })).payload),
    );
    const short = tally.count("short of time", [408], async () =>
      isSame(payload, (await calls.unaryCall(request, { address, timeoutMs: 1 + randomBelow(40) })).payload),
    );
    await sleep(systemClock, randomBelow(40));
    giveUp.abort();
    await Promise.all([aborted, short]);
  }
  await close();
}

/** Streams both ways, in turns or all at once, half of them left early. */
export async function talkative({ address, tally, stop }: Place): Promise<void> {
  const { calls, id, close } = open();
  for (let number = 0; !stop.aborted; number += 100) {
    await tally.count("duplex", [], async () => {
      const sent = Array.from({ length: 50 }, (_, index) => payloadOf(id, number + index, someSize()));
      const leaveAfter = randomBelow(2) === 0 ? randomBelow(50) : 50;
      let at = 0;
      for await (const { payload } of calls.fullDuplexCall(each(sent), { address, timeoutMs: 20_000 })) {
        const expected = sent[at++];
        if (!expected || !isSame(expected, payload)) return false;
        if (at > leaveAfter) return true;
      }
      return at === 50;
    });
    await tally.count("upload", [], async () => {
      const sent = Array.from({ length: 20 }, (_, index) => payloadOf(id, number + index, someSize()));
      const { aggregatedPayloadSize } = await calls.streamingInputCall(each(sent), { address, timeoutMs: 20_000 });
      return aggregatedPayloadSize === sent.reduce((sum, payload) => checksum(sum, payload), 0);
    });
    await tally.count("upload given up", [499], async () => {
      const giveUp = new AbortController();
      const requests = turns<{ payload: ReturnType<typeof payloadOf> }>(() => giveUp.abort());
      requests.push({ payload: payloadOf(id, number, 70_000) });
      await calls.streamingInputCall(requests, { address, signal: giveUp.signal });
      return false; // it was answered, though it never ended
    });
  }
  await close();
}

/** Reads several MB by drips, so that the server stands before a closed window most of the time. */
export async function slowReader({ address, tally, stop }: Place): Promise<void> {
  const { calls, id, close } = open();
  while (!stop.aborted) {
    await tally.count("slow reader", [], async () => {
      const responseParameters = Array.from({ length: 200 }, () => ({ size: 40_000 }));
      const request = { payload: payloadOf(id, 0, 0), responseParameters };
      let at = 0;
      for await (const { payload } of calls.streamingOutputCall(request, { address, timeoutMs: 60_000 })) {
        if (!isSame(payloadOf(id, at++, 40_000), payload)) return false;
        if (at < 100) await sleep(systemClock, 5);
        if (stop.aborted) return true;
      }
      return at === 200;
    });
  }
  await close();
}

async function* each(
  payloads: readonly ReturnType<typeof payloadOf>[],
): AsyncGenerator<{ payload: ReturnType<typeof payloadOf> }, void, undefined> {
  for (const payload of payloads) yield { payload };
}
