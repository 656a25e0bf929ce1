/** gRPC's status codes by name. */
export const grpcStatus = {
  ok: 0,
  cancelled: 1,
  unknown: 2,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  alreadyExists: 6,
  permissionDenied: 7,
  resourceExhausted: 8,
  failedPrecondition: 9,
  aborted: 10,
  outOfRange: 11,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  dataLoss: 15,
  unauthenticated: 16,
} as const;

/** The gRPC status under which an error of this code travels. Source: go-micro v2.9.1 `server/grpc/error.go`, and ours for 413, 429, 499 and 504. */
export function grpcStatusOf(code: number): number {
  return statusByCode.get(code) ?? grpcStatus.unknown;
}

/** The code of an error that arrived as a bare gRPC status, from a peer that knows nothing of go-micro. */
export function codeOf(status: number): number {
  return codeByStatus[status] ?? 500;
}

const statusByCode: ReadonlyMap<number, number> = new Map([
  [200, grpcStatus.ok],
  [400, grpcStatus.invalidArgument],
  [401, grpcStatus.unauthenticated],
  [403, grpcStatus.permissionDenied],
  [404, grpcStatus.notFound],
  [408, grpcStatus.deadlineExceeded],
  [409, grpcStatus.alreadyExists],
  [412, grpcStatus.failedPrecondition],
  [413, grpcStatus.resourceExhausted],
  [429, grpcStatus.resourceExhausted],
  [499, grpcStatus.cancelled],
  [500, grpcStatus.internal],
  [501, grpcStatus.unimplemented],
  [503, grpcStatus.unavailable],
  [504, grpcStatus.deadlineExceeded],
]);

const codeByStatus: readonly number[] = [
  200, 499, 500, 400, 408, 404, 409, 403, 429, 412, 409, 400, 501, 500, 503, 500, 401,
];

/** The gRPC status of an answer that has only an HTTP status. Source: gRPC, "HTTP to gRPC Status Code Mapping". */
export function statusOfHttp(httpStatus: number): number {
  return statusByHttp.get(httpStatus) ?? grpcStatus.unknown;
}

const statusByHttp: ReadonlyMap<number, number> = new Map([
  [400, grpcStatus.internal],
  [401, grpcStatus.unauthenticated],
  [403, grpcStatus.permissionDenied],
  [404, grpcStatus.unimplemented],
  [429, grpcStatus.unavailable],
  [502, grpcStatus.unavailable],
  [503, grpcStatus.unavailable],
  [504, grpcStatus.unavailable],
]);
