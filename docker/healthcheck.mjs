// Exit code 0 when the program in this container answers: `node healthcheck.mjs grpc` asks the service at
// MICRO_SERVER_ADDRESS, `node healthcheck.mjs http` the gateway at MICRO_API_ADDRESS.
import { get } from "node:http";
import { connect } from "node:http2";

const [kind = ""] = process.argv.slice(2);
const checks = { grpc: () => grpc(address("MICRO_SERVER_ADDRESS")), http: () => http(address("MICRO_API_ADDRESS")) };
const check = checks[kind];
if (!check) fail(`unknown kind of check "${kind}"; expected ${Object.keys(checks).join(" or ")}`);
// Less than the time after which Docker gives up on it, so that the reason is in the output of `docker inspect`.
setTimeout(() => fail("no answer within 2.5 s"), 2_500);
check();

/** A call through the server's router. A service without gRPC's health service says so, which is an answer, too. */
function grpc(authority) {
  const session = connect(`http://${authority}`).on("error", (reason) => fail(`${authority}: ${reason.message}`));
  const call = session.request({
    ":method": "POST",
    ":path": "/grpc.health.v1.Health/Check",
    "content-type": "application/grpc",
    te: "trailers",
  });
  const judge = (headers) => {
    const status = headers["grpc-status"];
    if (status === undefined) return;
    if (status === "0" || status === "12") process.exit(0);
    fail(`${authority} answered with gRPC status ${status} ${headers["grpc-message"] ?? ""}`);
  };
  call.on("response", judge).on("trailers", judge);
  call.on("error", (reason) => fail(`${authority}: ${reason.message}`));
  call.on("close", () => fail(`${authority} answered without a gRPC status`));
  call.resume();
  call.end(Buffer.alloc(5)); // an empty message
}

function http(authority) {
  const request = get(`http://${authority}/`, ({ statusCode }) => {
    if (statusCode === 200) process.exit(0);
    fail(`${authority} answered GET / with ${statusCode}`);
  });
  request.on("error", (reason) => fail(`${authority}: ${reason.message}`));
}

/** Where to ask: an address to listen on, `:50051`, with the loopback address in place of all interfaces. */
function address(variable) {
  const [, host = "", port] = /^(.*):(\d+)$/.exec(process.env[variable] ?? "") ?? [];
  if (port === undefined) fail(`${variable} is "${process.env[variable] ?? ""}"; expected HOST:PORT`);
  return `${["", "0.0.0.0", "[::]"].includes(host) ? "127.0.0.1" : host}:${port}`;
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
