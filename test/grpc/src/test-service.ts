import { type Context, GrpcStatus, type Handlers, sleep, systemClock } from "@micro/core";
import type { EchoStatus, Payload, ResponseParameters, StreamingOutputCallResponse, TestService } from "./gen/test.ts";

/** What the standard interop cases ask of a server. */
export const testHandlers: Handlers<(typeof TestService)["methods"]> = {
  emptyCall: () => ({}),
  unaryCall({ responseStatus, responseSize }, context) {
    echoMetadata(context);
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
    echoMetadata(context);
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

// What the case custom_metadata sends, and where it wants it back.
const initial = "x-grpc-test-echo-initial";
const trailing = "x-grpc-test-echo-trailing-bin";

function echoMetadata(context: Context): void {
  const { [initial]: first, [trailing]: last } = context.metadata;
  if (first !== undefined) context.replyHeaders({ [initial]: first });
  if (last !== undefined) context.replyTrailers({ [trailing]: last });
}

function raise(status: EchoStatus | undefined): void {
  if (status && status.code !== 0) throw new GrpcStatus(status.code, status.message);
}
