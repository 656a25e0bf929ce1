export { type CallRequest, callEndpoint, streamEndpoint } from "./call.ts";
export { goDuration } from "./format/go-duration.ts";
export { indentJson } from "./format/go-json.ts";
export { dataJson, healthJson, recordsJson, statsJson } from "./format/json.ts";
export { messageJson, messageText } from "./format/message-text.ts";
export { metadataText } from "./format/metadata-text.ts";
export { healthStatus, healthText, isHealthy, nodesText, type Paint, statsText } from "./format/nodes-text.ts";
export { callFailureText, replyText, streamFailureText } from "./format/reply-text.ts";
export { serviceText } from "./format/service-text.ts";
export { jsonArgument } from "./json-argument.ts";
export { publishMessage, type SubscribeRequest, subscribeTopic } from "./messages.ts";
export {
  health,
  healthAt,
  type NodeAnswer,
  type NodeStats,
  type NodesParts,
  type NodesRequest,
  type ServiceAnswers,
  stats,
} from "./nodes.ts";
export { deregisterService, recordFrom, registerService } from "./registration.ts";
export { commandsId, getService, type ListedNode, listNodes, listServices } from "./services.ts";
