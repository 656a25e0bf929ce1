import { describe, expect, it } from "vitest";
import { ErrorCode } from "../src/errors.ts";
import type { HeaderList } from "../src/header-list.ts";
import { HeaderTemplate } from "../src/hpack/header-template.ts";
import type { Stream } from "../src/stream.ts";
import { echo, requestsOf } from "./servers.ts";
import { frameBytes, pair, rawPeer, recorder, requestFields, uint32 } from "./wire.ts";

describe("a call", () => {
  it.each([0, 1, 100, 16_384, 16_385, 300_000])("comes back whole with a body of %i bytes", (bytes) => {
    const { client, settle } = pair({}, echo);
    const body = Buffer.alloc(bytes, "0123456789");
    const response = recorder();
    const stream = client.request(response, requestFields);
    stream.write(body, true);
    settle();
    expect(response.headers).toEqual([":status", "200"]);
    expect(response.body.equals(body)).toBe(true);
    expect(response.trailers).toEqual(["grpc-status", "0"]);
    expect(response).toMatchObject({ ended: true, code: ErrorCode.NO_ERROR });
    expect(stream).toMatchObject({ endedBy: "both", unprocessed: false });
    expect(client.open).toBe(0);
  });

  it("comes back whole when every byte arrives alone", () => {
    const { client, settle } = pair({}, echo, { pieceBytes: 1 });
    const response = recorder();
    client.request(response, requestFields).write(Buffer.from("hello"), true);
    settle();
    expect(response.body.toString()).toBe("hello");
    expect(response.trailers).toEqual(["grpc-status", "0"]);
  });

  it("needs no body either way", () => {
    const { client, settle } = pair(
      {},
      requestsOf((stream) => {
        stream.respond([":status", "204"], [], true);
        return undefined;
      }),
    );
    const response = recorder();
    client.request(response, requestFields, [], true);
    settle();
    expect(response).toMatchObject({ headers: [":status", "204"], ended: true, code: 0, trailers: undefined });
  });

  it("goes out as one HEADERS and one DATA, small writes sharing the frame", () => {
    const peer = rawPeer("client");
    const stream = peer.engine.request({}, requestFields);
    stream.write(Buffer.from([0, 0, 0, 0, 2]));
    stream.write(Buffer.from("hi"), true);
    const frames = peer.frames();
    expect(frames.map(({ type, flags }) => [type, flags])).toEqual([
      [1, 4],
      [0, 1],
    ]);
    expect(frames[1]?.payload.toString("hex")).toBe("00000000026869");
  });

  it("is answered at once when the handler does so within the last data, with nothing more", () => {
    const peer = rawPeer(
      "server",
      requestsOf((stream) => ({
        onData: () => {
          stream.respond([":status", "200"]);
          stream.writeTrailers(["grpc-status", "0"]);
        },
      })),
    );
    peer.send(frameBytes(1, 4, 1, peer.block(requestFields)), frameBytes(0, 1, 1, Buffer.from("x")));
    expect(peer.frames().map(({ type, flags }) => [type, flags])).toEqual([
      [1, 4],
      [1, 5],
    ]);
  });

  it("that is answered before it is complete is told to stop", () => {
    const { client, settle } = pair(
      {},
      requestsOf((stream) => {
        stream.respond([":status", "200"], [], true);
        return undefined;
      }),
    );
    const response = recorder();
    const stream = client.request(response, requestFields);
    settle();
    expect(response).toMatchObject({ headers: [":status", "200"], ended: true, code: ErrorCode.NO_ERROR });
    expect(stream.endedBy).toBe("peer");
  });

  it("repeats a template and gives the peer the same list object for it", () => {
    const lists: HeaderList[] = [];
    const { client, settle } = pair(
      {},
      requestsOf((stream, headers) => {
        lists.push(headers);
        stream.respond([":status", "200"], [], true);
        return undefined;
      }),
    );
    const template = new HeaderTemplate([...requestFields, "content-type", "application/grpc"]);
    for (let i = 0; i < 5; i++) {
      client.request({}, template, [], true);
      settle();
    }
    expect(lists.map((list) => [...list.fields])).toEqual(Array(5).fill([...template.fields]));
    expect(lists[4]).toBe(lists[3]);
  });

  it("carries headers that need CONTINUATION", () => {
    let seen: HeaderList | undefined;
    const { client, settle } = pair(
      {},
      requestsOf((_, headers) => {
        seen = headers;
        return undefined;
      }),
    );
    const value = "é".repeat(20_000);
    client.request({}, requestFields, ["authorization", value, "x-b", value], true);
    settle();
    expect(seen?.get("authorization")).toBe(value);
    expect(seen?.get("x-b")).toBe(value);
  });

  it("refuses fields that cannot be sent, and the connection goes on", () => {
    const { client, settle } = pair({}, echo);
    expect(() => client.request({}, [...requestFields, "Bad", "x"], [], true)).toThrow(TypeError);
    const response = recorder();
    client.request(response, requestFields, [], true);
    settle();
    expect(response.code).toBe(0);
  });

  it("that is misused says so", () => {
    const { client, settle } = pair(
      {},
      requestsOf((stream) => {
        expect(() => stream.write(Buffer.from("x"))).toThrow(/begins with its headers/);
        stream.respond([":status", "200"]);
        expect(() => stream.respond([":status", "200"])).toThrow(/have been sent/);
        stream.write(Buffer.from("x"), true);
        expect(() => stream.write(Buffer.from("x"))).not.toThrow();
        return undefined;
      }),
    );
    const stream = client.request({}, requestFields);
    stream.write(Buffer.from("x"), true);
    expect(() => stream.write(Buffer.from("x"))).toThrow(/ended/);
    settle();
  });
});

describe("reset", () => {
  it("by the client reaches the server, and late frames are ignored", () => {
    const request = recorder();
    let served: Stream | undefined;
    const { client, server, settle } = pair(
      {},
      requestsOf((stream) => {
        served = stream;
        stream.respond([":status", "200"]);
        return request;
      }),
    );
    const response = recorder();
    const stream = client.request(response, requestFields);
    settle();
    stream.reset();
    served?.write(Buffer.from("too late"));
    settle();
    expect(response.code).toBe(ErrorCode.CANCEL);
    expect(stream.endedBy).toBe("us");
    expect(request.code).toBe(ErrorCode.CANCEL);
    expect(served?.endedBy).toBe("peer");
    expect([client.closed, server.closed]).toEqual([false, false]);
  });

  it("with REFUSED_STREAM says that nothing ran", () => {
    const { client, settle } = pair(
      {},
      requestsOf((stream) => {
        stream.reset(ErrorCode.REFUSED_STREAM);
        return undefined;
      }),
    );
    const stream = client.request({}, requestFields);
    settle();
    expect(stream).toMatchObject({ endedBy: "peer", unprocessed: true });
  });

  it("twice, and writing after it, do nothing", () => {
    const { client, settle } = pair({}, echo);
    const response = recorder();
    const stream = client.request(response, requestFields);
    stream.reset();
    stream.reset();
    stream.write(Buffer.from("x"), true);
    stream.writeTrailers(["a", "b"]);
    stream.consumed(5);
    settle();
    expect(client.closed).toBe(false);
  });
});

describe("more requests than the peer accepts", () => {
  it("wait, and go out in order as others end", () => {
    const waiting: Stream[] = [];
    const { client, settle } = pair(
      {},
      {
        limits: { maxConcurrentStreams: 2 },
        ...requestsOf((stream) => {
          waiting.push(stream);
          return undefined;
        }),
      },
    );
    settle();
    const responses = [1, 2, 3, 4].map(() => recorder());
    const streams = responses.map((response, i) => {
      const stream = client.request(response, [":method", "POST", ":scheme", "http", ":path", `/${i}`]);
      stream.write(Buffer.from(`body ${i}`));
      stream.writeTrailers(["n", `${i}`]);
      return stream;
    });
    settle();
    expect([client.open, client.waiting]).toEqual([2, 2]);
    for (let i = 0; i < 4; i++) {
      waiting[i]?.respond([":status", "200"], [], true);
      settle();
    }
    expect(responses.map(({ code }) => code)).toEqual([0, 0, 0, 0]);
    expect(streams.map(({ id }) => id)).toEqual([1, 3, 5, 7]);
  });

  it("can be given up while they wait, unsent", () => {
    const { client, settle } = pair({}, { limits: { maxConcurrentStreams: 1 }, ...requestsOf(() => undefined) });
    settle();
    client.request({}, requestFields);
    const response = recorder();
    const stream = client.request(response, requestFields);
    stream.reset();
    expect(response.code).toBe(ErrorCode.CANCEL);
    expect(stream).toMatchObject({ id: 0, unprocessed: true });
    expect(client.waiting).toBe(0);
  });
});

describe("settings", () => {
  it("of the peer bound what is sent", () => {
    const peer = rawPeer(
      "client",
      {},
      {
        settings: [
          [5, 20_000],
          [3, 1],
        ],
      },
    );
    expect(peer.engine.peerSettings).toMatchObject({ maxFrameBytes: 20_000, maxConcurrentStreams: 1 });
    peer.engine.request({}, requestFields).write(Buffer.alloc(60_000), true);
    expect(
      peer
        .frames()
        .map(({ payload }) => payload.length)
        .slice(1),
    ).toEqual([20_000, 20_000, 20_000]);
    peer.engine.request({}, requestFields);
    expect(peer.engine.waiting).toBe(1);
  });

  it("that make the header table smaller are followed before the next block", () => {
    const peer = rawPeer("client");
    for (let i = 0; i < 3; i++) peer.engine.request({}, [...requestFields, "x-a", "1"], [], true);
    for (const { payload } of peer.frames()) peer.fields(payload);
    peer.send(frameBytes(4, 0, 0, Buffer.concat([Buffer.from([0, 1]), uint32(0)])));
    peer.engine.request({}, [...requestFields, "x-a", "1"], [], true);
    const block = peer.frames().find(({ type }) => type === 1)?.payload ?? Buffer.alloc(0);
    expect(block[0]).toBe(0x20);
    expect(peer.fields(block)).toEqual([...requestFields, "x-a", "1"]);
  });
});
