import type { DescFile } from "@bufbuild/protobuf";
import {
  type FileDescriptorProto,
  file_google_protobuf_any,
  file_google_protobuf_api,
  file_google_protobuf_compiler_plugin,
  file_google_protobuf_descriptor,
  file_google_protobuf_duration,
  file_google_protobuf_empty,
  file_google_protobuf_field_mask,
  file_google_protobuf_source_context,
  file_google_protobuf_struct,
  file_google_protobuf_timestamp,
  file_google_protobuf_type,
  file_google_protobuf_wrappers,
} from "@bufbuild/protobuf/wkt";
import { googleApiFiles } from "./google-api.ts";
import { link } from "./link.ts";
import { parseFile } from "./parse-file.ts";

/**
 * A file that can be imported without having it: `google/protobuf/*.proto`, `google/api/http.proto` and
 * `google/api/annotations.proto`. `undefined` for any other.
 */
export function shippedFile(name: string): FileDescriptorProto | undefined {
  const known = wellKnown.get(name)?.proto ?? compiled.get(name);
  if (known) return known;
  const text = googleApiFiles.get(name);
  if (text === undefined) return undefined;
  const proto = link(parseFile(name, text), shippedFile);
  compiled.set(name, proto);
  return proto;
}

const compiled = new Map<string, FileDescriptorProto>();

const wellKnown: ReadonlyMap<string, DescFile> = new Map(
  [
    file_google_protobuf_any,
    file_google_protobuf_api,
    file_google_protobuf_compiler_plugin,
    file_google_protobuf_descriptor,
    file_google_protobuf_duration,
    file_google_protobuf_empty,
    file_google_protobuf_field_mask,
    file_google_protobuf_source_context,
    file_google_protobuf_struct,
    file_google_protobuf_timestamp,
    file_google_protobuf_type,
    file_google_protobuf_wrappers,
  ].map((file) => [file.proto.name, file]),
);
