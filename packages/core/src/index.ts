export type {
  Broker,
  BrokerEvent,
  BrokerMessage,
  EventHandler,
  PublishOptions,
  SubscribeOptions,
  Subscription,
} from "./broker/broker.ts";
export { type EventContext, eventContext } from "./broker/event-context.ts";
export { type HttpBrokerOptions, httpBroker, httpBrokerPlugin } from "./broker/http/http.ts";
export { type KeepSubscribedOptions, type KeptSubscription, keepSubscribed } from "./broker/keep-subscribed.ts";
export { type MemoryBrokerOptions, memoryBroker, memoryBrokerPlugin } from "./broker/memory.ts";
export { type HubSubscriber, type MemoryHub, type MemoryHubOptions, memoryHub } from "./broker/memory-hub.ts";
export type { BrokerOpenOptions, BrokerPlugin } from "./broker/plugin.ts";
export { type PublicationOptions, publication } from "./broker/publication.ts";
export {
  type PreparedSubscriber,
  prepareSubscriber,
  type Subscriber,
  type SubscriberMethods,
  type SubscriberMiddleware,
  type SubscriberOptions,
  type SubscriberParts,
  subscriberEndpoints,
} from "./broker/subscriber.ts";
export type { CallParts, CallSettings, Retry } from "./client/call.ts";
export type {
  Call,
  CallOptions,
  Client,
  ClientStats,
  EndpointPlan,
  StreamCall,
  TypedClient,
} from "./client/client.ts";
export {
  type ClientMiddleware,
  type ClientOptions,
  type ClientStreamMiddleware,
  createClient,
} from "./client/create-client.ts";
export { type HedgeOptions, hedge } from "./client/hedge.ts";
export { type RetryRule, retryLikeGoMicro, retryUnprocessed } from "./client/retry.ts";
export {
  countCalls,
  countStreams,
  type RetryBudget,
  type RetryBudgetOptions,
  retryBudget,
  withRetryBudget,
} from "./client/retry-budget.ts";
export { shardBy } from "./client/shard-by.ts";
export { bytesCodec } from "./codec/bytes.ts";
export type { Codec, Coder } from "./codec/codec.ts";
export { type CodecTable, codecTable, defaultCodecs } from "./codec/codecs.ts";
export { type JsonCodecOptions, jsonCodec } from "./codec/json.ts";
export { loadMessages, type Messages } from "./codec/protobuf/messages.ts";
export { loadServices } from "./codec/protobuf/services.ts";
export { protobufCodec } from "./codec/protobuf.ts";
export { emptyFrame, type Frame, type FrameKind, type Framing, replyTo } from "./codec/rpc/framing.ts";
export {
  type FramingOptions,
  type FramingTable,
  framingFor,
  legacyFramings,
  modernFramings,
} from "./codec/rpc/framings.ts";
export { jsonRpc2Framing } from "./codec/rpc/json-rpc2.ts";
export { plainFraming } from "./codec/rpc/plain.ts";
export { fieldKey, fromTree, goFieldName, type TreeForm, treeOf } from "./codec/tree.ts";
export { grpc, grpcJs } from "./grpc/grpc.ts";
export { GrpcStatus, type GrpcStatusOptions } from "./grpc/grpc-status.ts";
export { receivedMetadata } from "./grpc/headers.ts";
export { loadProto } from "./grpc/load-proto.ts";
export { grpcStatus } from "./grpc/status.ts";
export { type LocalNodes, localNodes } from "./local/local-nodes.ts";
export { type LocalServer, type LocalServerOptions, serveLocally } from "./local/local-server.ts";
export { safeWireTypes, type WireTypeNames } from "./mucp/content-types.ts";
export type { MucpEvent, MucpEventHandler } from "./mucp/events.ts";
export {
  legacyMucp,
  legacyMucpProtocol,
  type MucpOptions,
  type MucpProtocol,
  mucp,
  mucpProtocol,
} from "./mucp/mucp.ts";
export type { MucpServer } from "./mucp/server.ts";
export type {
  CallTarget,
  ClientKeepalive,
  ClientTls,
  Compression,
  Connection,
  ConnectOptions,
  Dispatcher,
  IncomingCall,
  IncomingEvent,
  Listening,
  OutgoingCall,
  Protocol,
  ProtocolServer,
  ServeOptions,
  ServerKeepalive,
} from "./protocol/protocol.ts";
export {
  headersAreSent,
  joined as joinedReplyMetadata,
  type ReplyMetadata,
  replyIsSent,
  withReplyMetadata,
} from "./protocol/reply-metadata.ts";
export { type CacheStatus, type RegistryCache, type RegistryCacheOptions, registryCache } from "./registry/cache.ts";
export { type FeedOptions, type FeedWriter, feed } from "./registry/feed.ts";
export { type MdnsRegistryOptions, mdns, mdnsRegistry } from "./registry/mdns/mdns.ts";
export { type MemoryRegistryOptions, memory, memoryRegistry } from "./registry/memory.ts";
export { type MemoryStore, memoryStore } from "./registry/memory-store.ts";
export type { KnownNode, NodeTable } from "./registry/node-table.ts";
export type { RegistryPlugin } from "./registry/plugin.ts";
export { decodeRecord, encodeRecord, RecordError } from "./registry/record.ts";
export type {
  Endpoint,
  Node,
  RegisterOptions,
  Registry,
  RegistryEvent,
  ServiceRecord,
  Value,
  WatchOptions,
} from "./registry/registry.ts";
export { messageValue } from "./registry/value.ts";
export { groupByVersion } from "./registry/versions.ts";
export { type ConsistentHashOptions, consistentHash } from "./selector/consistent-hash.ts";
export { type DnsResolver, type DnsSelectorOptions, dnsSelector, type SrvRecord } from "./selector/dns-selector.ts";
export { byEndpoint, byLabel, byVersion } from "./selector/filters.ts";
export { leastLoaded } from "./selector/least-loaded.ts";
export type { OutlierOptions } from "./selector/outliers.ts";
export { powerOfTwoChoices } from "./selector/power-of-two-choices.ts";
export { random } from "./selector/random.ts";
export { type RegistrySelectorOptions, registrySelector } from "./selector/registry-selector.ts";
export { roundRobin } from "./selector/round-robin.ts";
export type {
  Candidate,
  Filter,
  Load,
  Next,
  SelectOptions,
  Selector,
  SelectorStats,
  Strategy,
} from "./selector/selector.ts";
export { type StaticSelectorOptions, staticSelector } from "./selector/static-selector.ts";
export { weighted } from "./selector/weighted.ts";
export { withNodeLimit } from "./selector/with-node-limit.ts";
export type { Context } from "./server/context.ts";
export { createServer, type ServerOptions } from "./server/create-server.ts";
export type { Handler, Handlers, ServerMiddleware, StreamHandler } from "./server/handler.ts";
export type { Listener, ListenOptions } from "./server/listener.ts";
export type { Server } from "./server/server.ts";
export type { SelectorParts } from "./service/calling.ts";
export { createService, type Hooks, type ServiceOptions } from "./service/create-service.ts";
export { formatHelp, type HelpOptions } from "./service/flag-help.ts";
export {
  type Flag,
  type FlagInput,
  type FlagType,
  type FlagTypes,
  type FlagValues,
  type ParsedFlags,
  parseFlags,
  type SettledFlagValues,
  withDefaults,
} from "./service/flags.ts";
export {
  Debug,
  type HealthResponse as DebugHealth,
  type StatsResponse as DebugStats,
} from "./service/gen/debug.ts";
export { Health, HealthCheckResponse_ServingStatus } from "./service/gen/grpc_health_v1.ts";
export { ServerReflection } from "./service/gen/grpc_reflection_v1.ts";
export type { LocalCalls } from "./service/local-calls.ts";
export { nearest } from "./service/nearest.ts";
export type { RegisterCheck } from "./service/register-check.ts";
export { type RegisterTimes, registerTimes } from "./service/register-times.ts";
export type { CallsMade, Service, ServiceContext, ServiceStats, SubscriberContext } from "./service/service.ts";
export { type ServiceFlagValues, serviceFlags } from "./service/service-flags.ts";
export { type HttpTransportOptions, httpTransport } from "./transport/http/http.ts";
export { memoryTransport } from "./transport/memory.ts";
export type {
  DialOptions,
  Message,
  SharedPort,
  Socket,
  Transport,
  TransportLimits,
  TransportListener,
} from "./transport/transport.ts";
export { advertisedAddress, formatHostPort, parseListenAddress } from "./words/address.ts";
export { type Backoff, backoffMs, goMicroBackoffMs } from "./words/backoff.ts";
export { type Clock, sleep, systemClock, type TestClock, testClock } from "./words/clock.ts";
export { type Deadline, deadlineFrom, formatTimeoutHeader, noDeadline, parseTimeoutHeader } from "./words/deadline.ts";
export {
  type AnyMethod,
  endpointName,
  type FieldDescription,
  type Init,
  type JsonOptions,
  type MessageType,
  type MethodDescription,
  type MethodKind,
  type Methods,
  type ServiceDescription,
} from "./words/description.ts";
export { type DurationOptions, formatDuration, parseDuration } from "./words/duration.ts";
export {
  badRequest,
  cancelled,
  conflict,
  type ErrorFields,
  forbidden,
  formatError,
  type GrpcAnswer,
  type GrpcDetail,
  internalServerError,
  MicroError,
  type MicroErrorOptions,
  methodNotAllowed,
  notFound,
  parseError,
  reasonPhrase,
  timeout,
  unauthorized,
  unavailable,
} from "./words/errors.ts";
export { type Closeable, type CloseStack, closeable, closeOnce, closeStack } from "./words/lifecycle.ts";
export { type FileOutputOptions, fileOutput, type LogOutput } from "./words/log-output.ts";
export { type Logger, type LogLevel, logLevels, silentLogger } from "./words/logger.ts";
export { forwarded, type Metadata, metadata, titleCase } from "./words/metadata.ts";
export { type CreateLoggerOptions, createLogger, type LogFormat } from "./words/pino-logger.ts";
export { ConfigError, type OpenOptions, type Plugin } from "./words/plugin.ts";
