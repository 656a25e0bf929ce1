import { Metadata, type StatusObject } from "@grpc/grpc-js";
import type { MicroError } from "../../words/errors.ts";
import { toGrpc } from "../errors.ts";

/** An error as grpc-js sends it. */
export function statusOf(error: MicroError): StatusObject {
  const { status, message, details } = toGrpc(error);
  const metadata = new Metadata();
  metadata.set("grpc-status-details-bin", Buffer.from(details));
  return { code: status, details: message, metadata };
}
