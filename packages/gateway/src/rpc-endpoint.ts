import {
  type Call,
  type Candidate,
  type Client,
  type Filter,
  MicroError,
  methodNotAllowed,
  notFound,
} from "@micro/core";
import { callMetadata } from "./call-metadata.ts";
import type { GatewayRequest, HttpAnswer } from "./message.ts";
import { preparedCalls } from "./prepared-calls.ts";
import type { Route } from "./resolvers/resolver.ts";
import { isInternal } from "./routes/internal.ts";
import { namePatterns } from "./routes/name-patterns.ts";
import { type RpcCall, readRpcCall, rpcId } from "./rpc-call.ts";

export interface RpcEndpointSettings {
  /** The services that may be called, whatever the prefix: names, or beginnings such as `go.micro.srv.*`. @default ["*"] */
  readonly allow?: readonly string[];
  /** Whether endpoints that every service has for those who run it, `Debug.*`, may be called. @default false */
  readonly allowInternal?: boolean;
  /** How long the call of a request may take; throws 400 when the request asks for nonsense. */
  timeoutOf(request: GatewayRequest): number;
}

/** What the path `/rpc` answers: calls any service by name, `{"service":…,"endpoint":…,"request":…}`, POST only. */
export function rpcEndpoint(
  client: Client,
  settings: RpcEndpointSettings,
): (request: GatewayRequest) => Promise<HttpAnswer> {
  const { allowInternal = false, timeoutOf } = settings;
  const allowed = namePatterns("service allowed at /rpc", settings.allow ?? ["*"]);
  const callOf = preparedCalls<Uint8Array, Uint8Array>(client, { raw: true });

  function permit({ service, endpoint }: RpcCall): void {
    if (!allowed(service)) throw notFound(rpcId, `service ${service} is none of those that /rpc may call`);
    if (!allowInternal && isInternal(endpoint))
      throw notFound(rpcId, `endpoint ${endpoint} is internal and not for the outside`);
  }

  return async (request) => {
    if (request.method === "OPTIONS") return { status: 200, headers: [["allow", "POST"]], body: "" };
    if (request.method !== "POST") throw methodNotAllowed(rpcId, "Method not allowed");
    await request.readBody();
    const asked = readRpcCall(request);
    permit(asked);
    const route: Route = { service: asked.service, endpoint: asked.endpoint, rule: "/rpc" };
    request.route = route;
    const reply = await called(callOf(route, "application/json"), asked, request, timeoutOf(request));
    return { status: 200, headers: [["content-type", "application/json"]], body: reply };
  };
}

async function called(
  call: Call<Uint8Array, Uint8Array>,
  { service, request: body, address }: RpcCall,
  request: GatewayRequest,
  timeoutMs: number,
): Promise<Uint8Array> {
  const options = { metadata: callMetadata(request), timeoutMs, signal: request.signal };
  try {
    // A node of the service, not any address: the caller must not get to choose what the gateway connects to.
    return await call(body, address === undefined ? options : { ...options, filters: [at(address)] });
  } catch (reason) {
    const error = MicroError.from(reason, rpcId);
    if (address !== undefined && error.code === 503 && !error.answered)
      throw new MicroError(rpcId, 503, `no node of ${service} at ${address} can be reached (${error.detail})`, {
        cause: error,
      });
    throw error;
  }
}

function at(address: string): Filter {
  return ({ node }: Candidate) => node.address === address;
}
