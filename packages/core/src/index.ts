export type { Call, CallOptions, Client, EndpointPlan, TypedClient } from "./client/client.ts";
export type { Codec, Coder } from "./codec/codec.ts";
export type {
  CallTarget,
  ClientTls,
  Connection,
  ConnectOptions,
  Dispatcher,
  IncomingCall,
  OutgoingCall,
  Protocol,
  ProtocolServer,
  ServeOptions,
} from "./protocol/protocol.ts";
export type { RegistryPlugin } from "./registry/plugin.ts";
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
export type { Candidate, Filter, Next, SelectOptions, Selector, Strategy } from "./selector/selector.ts";
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
export {
  badRequest,
  cancelled,
  conflict,
  type ErrorFields,
  forbidden,
  formatError,
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
export { type Logger, type LogLevel, logLevels, silentLogger } from "./words/logger.ts";
export { forwarded, type Metadata, metadata, titleCase } from "./words/metadata.ts";
export { ConfigError, type OpenOptions, type Plugin } from "./words/plugin.ts";
