/**
 * The two files with which methods are mapped to HTTP, written for this package after the public description of
 * `google.api.http`: names, numbers and types are those that everybody's gateways read, comments are ours.
 */
export const googleApiFiles: ReadonlyMap<string, string> = new Map([
  [
    "google/api/http.proto",
    `syntax = "proto3";
package google.api;

// Rules of a whole API, in a file of their own.
message Http {
  repeated HttpRule rules = 1;
  // Percent-escapes of reserved characters are decoded in multi-segment variables too.
  bool fully_decode_reserved_expansion = 2;
}

// How one method is reached over HTTP.
message HttpRule {
  // Full name of the method; not needed in an annotation, which stands on it.
  string selector = 1;
  // Verb and path template.
  oneof pattern {
    string get = 2;
    string put = 3;
    string post = 4;
    string delete = 5;
    string patch = 6;
    CustomHttpPattern custom = 8;
  }
  // The field that the HTTP body is; "*" for the whole message.
  string body = 7;
  // The field of the response that is sent as HTTP body; the whole message when empty.
  string response_body = 12;
  // More ways to reach the same method.
  repeated HttpRule additional_bindings = 11;
}

// A verb that has no field of its own.
message CustomHttpPattern {
  string kind = 1;
  string path = 2;
}
`,
  ],
  [
    "google/api/annotations.proto",
    `syntax = "proto3";
package google.api;
import "google/api/http.proto";
import "google/protobuf/descriptor.proto";

extend google.protobuf.MethodOptions {
  HttpRule http = 72295728;
}
`,
  ],
]);
