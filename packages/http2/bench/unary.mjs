// Unary echo of 100 bytes over loopback, two processes: this engine against node:http2, in turns within one run.
// Prints the ratio of calls a second and the CPU time a call costs. `node bench/unary.mjs [milliseconds] [rounds]`.
import { fork } from "node:child_process";
import { connect as connectNode } from "node:http2";
import { connect, HeaderTemplate } from "../dist/index.js";

const [durationMs = 1000, rounds = 3] = process.argv.slice(2).map(Number);
const payload = Buffer.alloc(100, 7);
const stacks = { ours, node: nodes };
const servers = { ours: await startServer("ours"), node: await startServer("node") };
const results = new Map();

for (let round = -1; round < rounds; round++) {
  for (const stack of ["ours", "node"]) {
    const client = stacks[stack](servers[stack].port);
    for (const inFlight of [1, 32, 128]) {
      const result = await measure(client, servers[stack], inFlight, round < 0 ? durationMs / 4 : durationMs);
      const key = `${stack} ${inFlight}`;
      if (round >= 0) results.set(key, [...(results.get(key) ?? []), result]); // the first round warms up
    }
    client.close();
  }
}
for (const { child } of Object.values(servers)) child.disconnect();

for (const inFlight of [1, 32, 128]) {
  const [our, node] = ["ours", "node"].map((stack) => results.get(`${stack} ${inFlight}`));
  const ratio = median(our, "rate") / median(node, "rate");
  const cpu = (list) => `${median(list, "clientUs").toFixed(1)} + ${median(list, "serverUs").toFixed(1)}`;
  console.log(
    `${inFlight} in flight: ${ratio.toFixed(1)} times the calls; CPU µs a call, client + server: ours ${cpu(our)}, node:http2 ${cpu(node)}`,
  );
}

async function startServer(stack) {
  const child = fork(new URL("./server.mjs", import.meta.url), [stack]);
  const ask = () => new Promise((resolve) => child.once("message", resolve));
  const { port } = await ask();
  const cpuUs = async () => {
    const answer = ask();
    child.send("cpu");
    const { cpu } = await answer;
    return cpu.user + cpu.system;
  };
  return { child, port, cpuUs };
}

/** Keeps `inFlight` calls going for a while. */
async function measure(client, server, inFlight, ms) {
  const serverBefore = await server.cpuUs();
  const clientBefore = process.cpuUsage();
  const started = performance.now();
  let calls = 0;
  await new Promise((resolve) => {
    let live = inFlight;
    const next = () => {
      if (performance.now() - started < ms) client.call(next);
      else if (--live === 0) resolve();
      calls++;
    };
    for (let i = 0; i < inFlight; i++) client.call(next);
  });
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(clientBefore);
  const serverUs = ((await server.cpuUs()) - serverBefore) / calls;
  return { rate: calls / seconds, clientUs: (user + system) / calls, serverUs };
}

function ours(port) {
  const connection = connect({ host: "127.0.0.1", port });
  const template = new HeaderTemplate([
    ...[":method", "POST", ":scheme", "http", ":path", "/bench.Echo/Unary", ":authority", `127.0.0.1:${port}`],
    ...["content-type", "application/grpc", "te", "trailers"],
  ]);
  const timeout = ["grpc-timeout", "4999m"];
  class Call {
    constructor(done) {
      this.done = done;
      this.bytes = 0;
      this.status = "";
    }
    onData(stream, _chunk, start, end) {
      this.bytes += end - start;
      stream.consumed(end - start);
    }
    onTrailers(_, trailers) {
      this.status = trailers.get("grpc-status");
    }
    onClose(_, code) {
      if (this.bytes !== payload.length || this.status !== "0") throw new Error(`a call failed with code ${code}`);
      this.done();
    }
  }
  return {
    call: (done) => connection.request(new Call(done), template, timeout).write(payload, true),
    close: () => connection.drain(),
  };
}

function nodes(port) {
  const session = connectNode(`http://127.0.0.1:${port}`);
  const headers = {
    ":method": "POST",
    ":path": "/bench.Echo/Unary",
    "content-type": "application/grpc",
    te: "trailers",
    "grpc-timeout": "4999m",
  };
  const call = (done) => {
    const request = session.request(headers);
    let bytes = 0;
    let status = "";
    request.on("data", (part) => {
      bytes += part.length;
    });
    request.on("trailers", (trailers) => {
      status = trailers["grpc-status"];
    });
    request.on("close", () => {
      if (bytes !== payload.length || status !== "0") throw new Error("a call failed");
      done();
    });
    request.end(payload);
  };
  return { call, close: () => session.close() };
}

function median(list, field) {
  const values = list.map((result) => result[field]).sort((a, b) => a - b);
  return values[values.length >> 1];
}
