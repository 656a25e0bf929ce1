import { grpc, MicroError, type OutgoingCall, type Protocol } from "@micro/core";

/** A protocol broken on purpose, and the cases that must notice. */
export interface ProtocolFault {
  readonly name: string;
  readonly fails: readonly string[];
  readonly protocol: Protocol;
}

type Unary = (call: OutgoingCall, body: Uint8Array) => Promise<Uint8Array>;

/** gRPC with another way to make unary calls. */
function calling(change: (unary: Unary) => Unary): Protocol {
  return {
    ...grpc,
    connect(address, options) {
      const connection = grpc.connect(address, options);
      const unary = change((call, body) => connection.unary(call, body));
      return { ...connection, unary, stream: (call, messages) => connection.stream(call, messages) };
    },
  };
}

/** gRPC that changes what a call ends with. */
function failing(change: (error: MicroError) => MicroError): Protocol {
  return calling(
    (unary) => (call, body) => unary(call, body).catch((reason: MicroError) => Promise.reject(change(reason))),
  );
}

/** gRPC whose server tells the dispatcher something else. */
function serving(
  change: Partial<{ metadata: Record<string, string>; deadline: number; contentType: string; signal: AbortSignal }>,
): Protocol {
  return {
    ...grpc,
    serve: (dispatcher, options) =>
      grpc.serve(
        {
          ...dispatcher,
          unary: (call, body) => dispatcher.unary(Object.create(call, descriptors(call, change)), body),
        },
        options,
      ),
  };
}

function descriptors(call: object, change: object): PropertyDescriptorMap {
  const own = ["endpoint", "contentType", "metadata", "deadline", "peer", "signal"] as const;
  // Read from the call itself: its accessors look at private fields.
  return Object.fromEntries(
    own.map((key) => [key, { get: () => (key in change ? change[key as never] : call[key as never]) }]),
  );
}

/** gRPC whose replies are told otherwise. */
function telling(change: (call: OutgoingCall) => Partial<OutgoingCall>): Protocol {
  return {
    ...grpc,
    connect(address, options) {
      const connection = grpc.connect(address, options);
      return {
        ...connection,
        unary: (call, body) => connection.unary({ ...call, ...change(call) }, body),
        stream: (call, messages) => connection.stream({ ...call, ...change(call) }, messages),
      };
    },
  };
}

export const protocolFaults: readonly ProtocolFault[] = [
  {
    name: "keeps the headers of replies to itself",
    fails: [
      "carries the handler's headers and trailers back: text, bytes, several values",
      "tells of a plain reply its headers, none of which belong to the protocol, and no trailers",
      "tells the headers of a stream before its first message, and its trailers by its end",
    ],
    protocol: telling(() => ({ onHeaders: undefined })),
  },
  {
    name: "keeps the trailers of errors to itself",
    fails: [
      "carries the trailers of an error that comes without headers",
      "carries headers and trailers of a stream without messages, and of one that fails",
    ],
    protocol: telling(() => ({ onTrailers: undefined })),
  },
  {
    name: "tells headers twice",
    fails: ["tells of a plain reply its headers, none of which belong to the protocol, and no trailers"],
    protocol: telling(({ onHeaders }) => ({
      onHeaders(metadata) {
        onHeaders?.(metadata);
        onHeaders?.(metadata);
      },
    })),
  },
  {
    name: "gives trailers out as headers",
    fails: ["carries headers and trailers with an error, and tells them before it"],
    protocol: telling(({ onHeaders }) => ({ onTrailers: onHeaders })),
  },
  {
    name: "cuts bodies short",
    fails: ["carries every byte there is, and a view into a larger buffer"],
    protocol: calling((unary) => (call, body) => unary(call, body.subarray(0, 100))),
  },
  {
    name: "sends the whole buffer behind a view",
    fails: ["carries every byte there is, and a view into a larger buffer"],
    protocol: calling((unary) => (call, body) => unary(call, new Uint8Array(body.buffer))),
  },
  {
    name: "gives every caller the first reply",
    fails: ["keeps 200 calls at once apart"],
    protocol: calling((unary) => {
      let first: Promise<Uint8Array> | undefined;
      return (call, body) => (first ??= unary(call, body));
    }),
  },
  {
    name: "drops metadata",
    fails: ["tells the server endpoint, content type, peer and metadata"],
    protocol: serving({ metadata: {} }),
  },
  {
    name: "drops the deadline",
    fails: ["tells the server the deadline"],
    protocol: serving({ deadline: Number.POSITIVE_INFINITY }),
  },
  {
    name: "takes every body for protobuf",
    fails: ["tells the server which of two content types the body has"],
    protocol: serving({ contentType: "application/grpc+proto" }),
  },
  {
    name: "never tells the handler that its caller gave up",
    fails: ["rejects with 499 when the caller gives up, and aborts the handler's signal"],
    protocol: serving({ signal: new AbortController().signal }),
  },
  {
    name: "aborts signals of calls that ended well",
    fails: ["aborts no signal when a call ends well"],
    protocol: serving({ signal: AbortSignal.abort() }),
  },
  {
    name: "makes 500 of every error",
    fails: ["carries a handler's error whole"],
    protocol: failing((error) => new MicroError(error.id, 500, error.detail)),
  },
  {
    name: "calls nothing surely not run",
    fails: ["rejects with 503, surely not run, where nobody listens"],
    protocol: failing((error) => new MicroError(error.id, error.code, error.detail, { status: error.status })),
  },
  {
    name: "calls everything surely not run",
    fails: ["rejects calls in flight with 503, perhaps run, when the peer goes away, and dials again for the next"],
    protocol: failing((error) => new MicroError(error.id, error.code, error.detail, { unprocessed: true })),
  },
  {
    name: "hides which endpoint nobody has",
    fails: ["answers 404 for a handler and for a method that nobody has, naming them"],
    protocol: failing((error) => new MicroError(error.id, error.code, "not found", { status: error.status })),
  },
  {
    name: "ignores the deadline",
    fails: ["rejects with 408 at once when the deadline has passed before"],
    protocol: calling(
      (unary) => (call, body) => unary({ ...call, deadline: Number.POSITIVE_INFINITY, timeoutMs: undefined }, body),
    ),
  },
  {
    name: "goes on after it was closed",
    fails: ["rejects with 503, surely not run, once closed; closing twice is fine"],
    protocol: {
      ...grpc,
      connect(address, options) {
        const connection = grpc.connect(address, options);
        return { ...connection, unary: connection.unary, stream: connection.stream, close: async () => undefined };
      },
    },
  },
  {
    name: "ends a drain before the calls in flight",
    fails: ["answers what is in flight before a drain ends", "lets a stream in flight end before a drain does"],
    protocol: {
      ...grpc,
      serve: (dispatcher, options) => ({ ...grpc.serve(dispatcher, options), drain: async () => undefined }),
    },
  },
  {
    name: "takes every connection for its own",
    fails: ["knows its own first bytes in any portion, and no others"],
    protocol: {
      ...grpc,
      serve: (dispatcher, options) => ({ ...grpc.serve(dispatcher, options), recognises: () => true }),
    },
  },
  {
    name: "loses the last message of a stream",
    fails: [
      "carries many messages there and one back",
      "carries 2,000 messages each way without loss or change of order",
    ],
    protocol: streaming(async function* (messages) {
      let held: Uint8Array | undefined;
      for await (const message of messages) {
        if (held) yield held;
        held = message;
      }
    }),
  },
  {
    name: "reads all of a stream before it sends any",
    fails: ["takes requests no faster than the handler reads them"],
    protocol: streaming(async function* (messages) {
      const all: Uint8Array[] = [];
      for await (const message of messages) all.push(message);
      yield* all;
    }),
  },
];

/** gRPC that does something to the messages on their way. */
function streaming(change: (messages: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>): Protocol {
  return {
    ...grpc,
    connect(address, options) {
      const connection = grpc.connect(address, options);
      return {
        ...connection,
        unary: connection.unary,
        stream: (call, messages) => connection.stream(call, change(messages)),
      };
    },
  };
}
