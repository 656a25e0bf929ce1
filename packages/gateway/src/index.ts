export { type ApiHandlerSettings, apiHandler } from "./api-handler.ts";
export { apiRequest, rawApiRequest } from "./api-request.ts";
export { apiAnswer } from "./api-response.ts";
export { callMetadata } from "./call-metadata.ts";
export { type CallType, callTypeOf } from "./call-type.ts";
export { errorAnswer } from "./error-answer.ts";
export { eventHandler, eventOf, type Publish } from "./event-handler.ts";
export { type FixedPath, type FixedPaths, fixedPaths } from "./fixed-paths.ts";
export { gatewayId } from "./gateway-id.ts";
export {
  Event as ApiEvent,
  Pair as ApiPair,
  Request as ApiRequest,
  Response as ApiResponse,
} from "./gen/api.ts";
export { Request as ApiRawRequest, Response as ApiRawResponse } from "./gen/raw.ts";
export { afterBody, type HandleOptions, type Handler, isIdempotent, type MessageHandler } from "./handler.ts";
export { createHandlers, type HandlerParts, type HandlerSettings, type Handlers } from "./handlers/handlers.ts";
export {
  type HandlerName,
  type HandlerWord,
  handlerNames,
  handlerWords,
  passesHttpOn,
  requireWord,
} from "./handlers/words.ts";
export { type UnknownFields, unknownFieldsWords } from "./known-fields.ts";
export {
  type GatewayRequest,
  type HttpAnswer,
  type HttpRequest,
  headerOf,
  type Upgrade,
  withHeaders,
} from "./message.ts";
export { type NamespaceOptions, type ServicePrefixes, servicePrefix, servicePrefixes } from "./namespace.ts";
export { cleanPath, splitTarget, type Target } from "./path.ts";
export { maxPreparedCalls } from "./prepared-calls.ts";
export { type ProxyHandler, proxyHandler } from "./proxy/http-proxy.ts";
export { type ProxySettings, proxyDefaults } from "./proxy/settings.ts";
export { maxQueryDepth, queryObject } from "./query-object.ts";
export { resolverUnder } from "./resolvers/by-host.ts";
export { microResolver } from "./resolvers/micro.ts";
export { type ResolverName, type ResolverSettings, resolverNamed, resolverNames } from "./resolvers/named.ts";
export type { PathVariable, Resolvable, Resolver, Route } from "./resolvers/resolver.ts";
export { noRoute, withRoute } from "./route-error.ts";
export { createRouter, type Router, type RouterParts } from "./router.ts";
export { type Declaration, readDeclaration } from "./routes/declaration.ts";
export { type DeclaredRoute, describeRoute } from "./routes/declared-route.ts";
export { type DeclaredRoutes, declaredRoutes } from "./routes/declared-routes.ts";
export { isInternal } from "./routes/internal.ts";
export { type LiveService, type LiveServices, type LiveServicesParts, liveServices } from "./routes/live-services.ts";
export { namePatterns } from "./routes/name-patterns.ts";
export { type AppliesTo, type RouteTable, routeTable } from "./routes/route-table.ts";
export { parseTemplate, type Template } from "./routes/template.ts";
export { type RpcCall, readRpcCall } from "./rpc-call.ts";
export { type RpcEndpointSettings, rpcEndpoint } from "./rpc-endpoint.ts";
export { type MessageSettings, rpcHandler } from "./rpc-handler.ts";
export { rpcPayload } from "./rpc-payload.ts";
export { type Answering, type Next, type Stage, throughStages } from "./stage.ts";
export { type StreamSettings, streamDefaults } from "./streams/settings.ts";
export { maxPairs } from "./url-encoded.ts";
