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

const apiRequestFields = ["method", "path", "header", "get", "post", "body"];
