import { type Context, type Handlers, MicroError, sleep, systemClock } from "@micro/core";
import type { EchoStatus, Payload, ResponseParameters, StreamingOutputCallResponse, TestService } from "./gen/test.ts";

/** What the standard interop cases ask of a server. */
export const testHandlers: Handlers<(typeof TestService)["methods"]> = {
  emptyCall: () => ({}),
  unaryCall({ responseStatus, responseSize }) {
    raise(responseStatus);
    return { payload: zeros(responseSize) };
  },
  streamingOutputCall: ({ responseParameters }, context) => replies(responseParameters, context),
  async streamingInputCall(requests) {
    let aggregatedPayloadSize = 0;
    for await (const { payload } of requests) aggregatedPayloadSize += payload?.body.length ?? 0;
    return { aggregatedPayloadSize };
  },
  async *fullDuplexCall(requests, context) {
    for await (const { responseStatus, responseParameters } of requests) {
      raise(responseStatus);
      yield* replies(responseParameters, context);
    }
  },
};

async function* replies(
  parameters: readonly ResponseParameters[],
  { signal }: Context,
): AsyncGenerator<StreamingOutputCallResponse, void, undefined> {
  for (const { size, intervalUs } of parameters) {
    if (intervalUs > 0) await sleep(systemClock, intervalUs / 1_000, signal);
    yield { payload: zeros(size) };
  }
}

function zeros(size: number): Payload {
  return { type: 0, body: new Uint8Array(size) };
}

// The cases ask for UNKNOWN alone, which is how a code travels that gRPC has no status for.
function raise(status: EchoStatus | undefined): void {
  if (status && status.code !== 0) throw new MicroError("grpc.testing", 520, status.message);
}
