/**
 * Headers that HTTP/2 forbids and go-micro's clients send all the same, when its gateway or a mucp handler has handed
 * over all that came with an HTTP/1.1 request. Go's server takes them.
 */
export const ofConnection: readonly (readonly [string, string])[] = [
  ["Connection", "keep-alive"],
  ["Content-Length", "999"],
  ["Transfer-Encoding", "chunked"],
  ["Upgrade", "websocket"],
  ["Keep-Alive", "timeout=5"],
  ["Proxy-Connection", "keep-alive"],
];
