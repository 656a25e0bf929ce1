/**
 * The `:path` of a call. The qualifier is the registry's name of the service, not the proto package, as go-micro does
 * it; an endpoint that begins with `/` is a complete path and stays as it is.
 */
export function pathOf(service: string, endpoint: string): string {
  if (endpoint.startsWith("/")) return endpoint;
  const dot = endpoint.indexOf(".");
  if (dot <= 0 || dot !== endpoint.lastIndexOf(".") || dot === endpoint.length - 1) return endpoint;
  const prefix = service === "" ? "" : `${service}.`;
  return `/${prefix}${endpoint.slice(0, dot)}/${endpoint.slice(dot + 1)}`;
}

/**
 * `Handler.Method` of a `:path`; undefined when it is no such path. Whatever qualifies the handler is ignored, so that
 * peers reach it by the registry's name, by the proto package, or by neither.
 */
export function endpointOf(path: string): string | undefined {
  const slash = path.indexOf("/", 1);
  if (path.charCodeAt(0) !== 0x2f || slash < 0 || slash !== path.lastIndexOf("/") || slash === path.length - 1) {
    return undefined;
  }
  const handler = path.slice(path.lastIndexOf(".", slash) + 1 || 1, slash);
  return handler === "" ? undefined : `${handler}.${path.slice(slash + 1)}`;
}
