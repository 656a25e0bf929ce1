import type { Endpoint } from "@micro/core";

/**
 * Whether an endpoint takes the HTTP request itself, a `go.api.Request`, which its record shows: by the names of the
 * messages and of the fields that no other message has together.
 */
export function isApiStyle({ request, response }: Endpoint): boolean {
  if (request?.type !== "Request" || response?.type !== "Response") return false;
  const fields = new Set(request.values.map(({ name }) => name));
  return apiRequestFields.every((name) => fields.has(name));
}

/**
 * Whether such an endpoint takes or gives its body as bytes, as `go.api.raw.Request` and `go.api.raw.Response` do. Text is bytes too
 * on the wire, but what is no text must not get to those who expect some: protobuf of Go and others refuses the whole message.
 */
export function takesBytes({ request }: Pick<Endpoint, "request">): boolean {
  return hasBytes(request);
}

/** Whether its answers are bytes. */
export function givesBytes({ response }: Pick<Endpoint, "response">): boolean {
  return hasBytes(response);
}

function hasBytes(message: Endpoint["request"]): boolean {
  return message?.values.some(({ name, type }) => name === "body" && bytesTypes.has(type)) === true;
}

// What Go prints for bytes, and what others may.
const bytesTypes: ReadonlySet<string> = new Set(["[]uint8", "[]byte", "bytes"]);

const apiRequestFields = ["method", "path", "header", "get", "post", "body"];
