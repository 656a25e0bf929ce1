import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { freePort } from "./port.ts";
import { type TcpProxy, tcpProxy } from "./proxy.ts";

describe("tcpProxy", () => {
  let echo: Server;
  let proxy: TcpProxy;
  const sockets = new Set<Socket>();
  beforeEach(async () => {
    const port = await freePort();
    echo = createServer({ allowHalfOpen: true }, (socket) => {
      remember(socket);
      socket.pipe(socket);
    });
    await new Promise<void>((resolve) => echo.listen(port, "127.0.0.1", resolve));
    proxy = await tcpProxy({ target: `127.0.0.1:${port}` });
  });
  afterEach(async () => {
    await proxy.close();
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => echo.close(resolve));
  });

  // Some of them are reset after the test has stopped looking at them.
  function remember(socket: Socket): Socket {
    sockets.add(socket.on("error", () => socket.destroy()));
    return socket;
  }
  const dial = async (): Promise<Socket> => {
    const socket = remember(connect(proxy.port, "127.0.0.1"));
    await once(socket, "connect");
    return socket.setEncoding("utf8");
  };
  const said = async (socket: Socket, text: string): Promise<string> => {
    let heard = "";
    socket.on("data", (chunk) => {
      heard += chunk;
    });
    socket.write(text);
    await expect.poll(() => heard.length, { timeout: 5_000 }).toBe(text.length);
    return heard;
  };

  it("carries bytes both ways and hands on a half close", async () => {
    const socket = await dial();
    expect(await said(socket, "hello")).toBe("hello");
    socket.end("bye");
    await once(socket, "end");
    await expect.poll(() => proxy.connections).toBe(0);
  });

  it("carries more than its buffers hold", async () => {
    const socket = await dial();
    const text = "0123456789abcdef".repeat(300_000);
    expect((await said(socket, text)) === text).toBe(true);
  });

  it("keeps the order of what it delays", async () => {
    proxy.delay(30);
    const socket = await dial();
    let heard = "";
    socket.on("data", (chunk) => {
      heard += chunk;
    });
    for (const part of ["a", "b", "c"]) {
      socket.write(part);
      proxy.delay(part === "b" ? 30 : 5);
    }
    await expect.poll(() => heard).toBe("abc");
  });

  it("holds everything in a blackhole and sends it on when healed", async () => {
    const socket = await dial();
    await said(socket, "x");
    proxy.blackhole();
    let heard = "";
    socket.on("data", (chunk) => {
      heard += chunk;
    });
    socket.write("into the void");
    await new Promise((resolve) => setImmediate(resolve));
    const late = await dial(); // accepted, and silent
    late.write("me too");
    expect(heard).toBe("");
    proxy.heal();
    await expect.poll(() => heard).toBe("into the void");
    expect(await once(late, "data")).toEqual(["me too"]);
  });

  it("strands the connections there are while new ones work", async () => {
    const socket = await dial();
    await said(socket, "x");
    proxy.strand();
    let heard = "";
    socket.on("data", (chunk) => {
      heard += chunk;
    });
    socket.write("into the void");
    expect(await said(await dial(), "new")).toBe("new");
    expect(heard).toBe("");
    proxy.heal();
    await expect.poll(() => heard).toBe("into the void");
  });

  it("resets open connections and goes on accepting", async () => {
    const socket = await dial();
    await said(socket, "x");
    proxy.reset();
    const [reason] = await once(socket, "error");
    expect(reason.code).toBe("ECONNRESET");
    expect(await said(await dial(), "again")).toBe("again");
  });

  it("refuses until it accepts again", async () => {
    await proxy.refuse();
    await expect(dial()).rejects.toThrow("ECONNREFUSED");
    await proxy.accept();
    expect(await said(await dial(), "again")).toBe("again");
  });
});
