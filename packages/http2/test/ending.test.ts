import { describe, expect, it } from "vitest";
import { ErrorCode } from "../src/errors.ts";
import type { Stream } from "../src/stream.ts";
import { echo, requestsOf } from "./servers.ts";
import { frameBytes, pair, rawPeer, recorder, requestFields, uint32 } from "./wire.ts";

describe("the end of a connection", () => {
  it("is announced by a server, which takes what is on its way and finishes what is open", () => {
    const served: Stream[] = [];
    const goaways: number[] = [];
    const closed: string[] = [];
    const { client, server, settle } = pair(
      { onGoaway: (_, last) => void goaways.push(last), onClose: () => void closed.push("client") },
      {
        ...requestsOf((stream) => {
          served.push(stream);
          return undefined;
        }),
        onClose: () => void closed.push("server"),
      },
    );
    const responses = [recorder(), recorder()];
    client.request(responses[0] ?? {}, requestFields, [], true);
    settle();
    server.drain();
    // On its way while the announcement is.
    client.request(responses[1] ?? {}, requestFields, [], true);
    settle();
    expect(served.length).toBe(2);
    expect(goaways).toEqual([0x7fff_ffff, 3]);
    expect(client.accepting).toBe(false);
    expect(() => client.request({}, requestFields)).toThrow(/ending/);
    expect(closed).toEqual([]);
    for (const stream of served) stream.respond([":status", "200"], [], true);
    settle();
    expect(responses.map(({ code }) => code)).toEqual([0, 0]);
    expect(closed.sort()).toEqual(["client", "server"]);
    expect([server.error, client.error]).toEqual([undefined, undefined]);
  });

  it("hands back as unprocessed what a server did not look at any more", () => {
    const peer = rawPeer("client");
    const streams = [1, 2, 3].map(() => peer.engine.request({}, requestFields));
    peer.send(frameBytes(7, 0, 0, Buffer.concat([uint32(3), uint32(0)])));
    expect(streams.map(({ unprocessed, endedBy }) => [unprocessed, endedBy])).toEqual([
      [false, undefined],
      [false, undefined],
      [true, "peer"],
    ]);
    peer.send(frameBytes(1, 5, 1, peer.block([":status", "200"])), frameBytes(3, 0, 3, uint32(8)));
    streams[0]?.write(Buffer.alloc(0), true);
    expect(peer.engine).toMatchObject({ closed: true, error: undefined });
  });

  it("hands back the requests that were still waiting", () => {
    const peer = rawPeer("client", {}, { settings: [[3, 1]] });
    const [open, waiting] = [1, 2].map(() => peer.engine.request({}, requestFields, [], true));
    peer.send(frameBytes(7, 0, 0, Buffer.concat([uint32(1), uint32(0)])));
    expect([open?.endedBy, waiting?.endedBy, waiting?.unprocessed]).toEqual([undefined, "peer", true]);
    peer.send(frameBytes(1, 5, 1, peer.block([":status", "200"])));
    expect(open?.endedBy).toBe("both");
    expect(peer.engine).toMatchObject({ closed: true, error: undefined });
  });

  it("ignores streams opened after the last GOAWAY, but keeps the tables in step", () => {
    const paths: (string | undefined)[] = [];
    const peer = rawPeer(
      "server",
      requestsOf((_, headers) => void paths.push(headers.get(":path")) as undefined),
    );
    peer.send(frameBytes(1, 4, 1, peer.block(requestFields)));
    peer.engine.drain();
    // The peer has not answered to the first step for too long.
    for (const due of peer.time.timers) due();
    expect(peer.frames().map(({ type, payload }) => [type, payload.readUInt32BE()])).toEqual([
      [7, 0x7fff_ffff],
      [6, 0],
      [7, 1],
    ]);
    for (const id of [3, 5])
      peer.send(frameBytes(1, 4, id, peer.block([...requestFields, "x-a", "1"])), frameBytes(0, 1, id));
    expect(paths).toEqual(["/test"]);
    expect(peer.engine.closed).toBe(false);
  });

  it("by the client waits for its requests", () => {
    const { client, server, settle } = pair({}, echo);
    const response = recorder();
    client.request(response, requestFields).write(Buffer.from("x"), true);
    client.drain();
    expect(client.accepting).toBe(false);
    settle();
    expect(response.body.toString()).toBe("x");
    expect(client).toMatchObject({ closed: true, error: undefined });
    server.lost();
    expect(server.error).toBe(undefined);
  });

  it("by destroy ends every stream on both sides", () => {
    const request = recorder();
    const { client, settle } = pair(
      {},
      requestsOf(() => request),
    );
    const response = recorder();
    const stream = client.request(response, requestFields);
    settle();
    client.destroy(ErrorCode.INTERNAL_ERROR, "no more");
    expect(response.code).toBe(ErrorCode.INTERNAL_ERROR);
    expect(stream).toMatchObject({ endedBy: "connection", unprocessed: false });
    expect(client.error?.message).toBe("no more");
  });

  it("with the socket says which requests the peer cannot have seen", () => {
    const { client, settle } = pair({}, echo);
    settle();
    const sent = client.request({}, requestFields);
    settle();
    const unsent = client.request({}, requestFields);
    client.lost(new Error("cable cut"));
    expect([sent.unprocessed, unsent.unprocessed]).toEqual([false, true]);
    expect(client.error?.message).toMatch(/cable cut/);
  });
});

describe("ping", () => {
  it("is answered, and measures the way", () => {
    const { client, time, settle } = pair({}, echo);
    settle();
    let answered = 0;
    client.ping(() => answered++);
    time.nowMs = 30;
    settle();
    expect(answered).toBe(1);
    expect(client.roundTripMs).toBe(30);
  });

  it("ignores answers to pings that nobody sent", () => {
    const peer = rawPeer("client");
    peer.engine.ping(() => expect.unreachable());
    peer.send(frameBytes(6, 1, 0, Buffer.alloc(8, 1)));
    expect(peer.engine.closed).toBe(false);
  });
});
