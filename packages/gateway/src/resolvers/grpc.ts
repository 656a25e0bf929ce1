import { type Resolver, segmentsOf, serviceName, verbOf } from "./resolver.ts";

/** A gRPC path names the service by its proto package: `/go.micro.srv.user.User/Get` goes to `go.micro.srv.user`, whatever the prefix. */
export function grpcResolver(): Resolver {
  return (request) => {
    const [first = ""] = segmentsOf(request);
    const service = first.slice(0, Math.max(0, first.lastIndexOf(".")));
    return serviceName.test(service) ? { service, endpoint: verbOf(request) } : undefined;
  };
}
