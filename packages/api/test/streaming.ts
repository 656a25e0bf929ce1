import { type CloseStack, MicroError, type Service } from "@micro/core";
import { HelloReply, HelloRequest } from "./gen/user.ts";
import { anything, plainService } from "./plain-service.ts";

/** A service `go.micro.api.ticker` that streams, and what became of its calls. */
export interface Ticker {
  /** Resolves when a call has begun, and tells when it was left. */
  call(): Promise<{ left: Promise<void> }>;
  /** How many messages `Tick.Flood` has handed over so far. */
  readonly flooded: number;
}

/** A service whose endpoint `Tally.Sum` takes many messages and answers once they have ended. */
export async function startTally(open: CloseStack): Promise<void> {
  const service = open.use(plainService("go.micro.api.tally"));
  const methods = {
    sum: { kind: "client-stream", name: "Sum", request: anything, response: anything },
    greet: { kind: "client-stream", name: "Greet", request: HelloRequest, response: HelloReply },
  } as const;
  service.handle(
    { name: "Tally", fullName: "tally.Tally", methods },
    {
      async sum(requests) {
        let sum = 0;
        let count = 0;
        for await (const request of requests) {
          sum += (request as { n?: number }).n ?? 0;
          count++;
        }
        return { sum, count };
      },
      async greet(requests) {
        const names: string[] = [];
        for await (const { name } of requests) names.push(name);
        return { msg: names.join() };
      },
    },
  );
  await service.start();
}

export async function startTicker(open: CloseStack): Promise<Ticker> {
  let onCall: (call: { left: Promise<void> }) => void = () => undefined;
  let flooded = 0;
  const service: Service = open.use(plainService("go.micro.api.ticker"));
  const began = (signal: AbortSignal): Promise<void> => {
    const left = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
    onCall({ left });
    return left;
  };
  const stream = { kind: "duplex", request: anything, response: anything } as const;
  service.handle(
    {
      name: "Tick",
      fullName: "ticker.Tick",
      methods: {
        echo: { ...stream, name: "Echo" },
        count: { ...stream, name: "Count" },
        fail: { ...stream, name: "Fail" },
        silent: { ...stream, name: "Silent" },
        flood: { ...stream, name: "Flood" },
        greet: { kind: "duplex", name: "Greet", request: HelloRequest, response: HelloReply },
        plain: { kind: "unary", name: "Plain", request: anything, response: anything },
      },
    },
    {
      async *echo(requests, { signal }) {
        void began(signal);
        for await (const request of requests) yield request as object;
      },
      async *count(requests, { signal, metadata }) {
        void began(signal);
        for await (const request of requests) {
          const { to = 3 } = request as { to?: number };
          for (let n = 1; n <= to; n++) yield { n, host: metadata["x-forwarded-host"] };
          return;
        }
      },
      async *fail(requests) {
        for await (const request of requests) {
          const { after = 0 } = request as { after?: number };
          for (let n = 1; n <= after; n++) yield { n };
          throw new MicroError(service.name, 422, `failed after ${after}`);
        }
      },
      // biome-ignore lint/correctness/useYield: a stream that says nothing
      async *silent(_requests, { signal }) {
        await began(signal);
      },
      async *flood(_requests, { signal }) {
        void began(signal);
        const filler = "x".repeat(64 * 1024);
        for (;;) {
          if (signal.aborted || flooded === 2_000) return; // enough to tell, and no flood for ever
          flooded++;
          yield { filler };
        }
      },
      async *greet(requests) {
        for await (const { name } of requests) yield { msg: `Hello ${name}` };
      },
      plain: () => ({ ok: true }),
    },
  );
  await service.start();
  return {
    call: () => new Promise((resolve) => (onCall = resolve)),
    get flooded() {
      return flooded;
    },
  };
}
