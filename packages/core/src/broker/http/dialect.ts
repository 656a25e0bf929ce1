/** One of the two forms of the http broker, which differ in names only. */
export interface Dialect {
  readonly name: "v2" | "v1";
  /** The service that subscriptions are registered under. */
  readonly service: string;
  /** Where messages are posted. */
  readonly path: string;
  /** The header inside the message that names the topic, as it is spelled. */
  readonly topicHeader: string;
}

/** go-micro from v2.5 on. Source: go-micro v2.9.1 `broker/http.go`. */
export const v2: Dialect = { name: "v2", service: "micro.http.broker", path: "/", topicHeader: "Micro-Topic" };

/** go-micro before, and go-plugins. Source: go-micro v1.18.0 `broker/http_broker.go`. */
export const v1: Dialect = { name: "v1", service: "go.micro.http.broker", path: "/_sub", topicHeader: ":topic" };

/** The version under which subscriptions without a queue are registered. */
export const broadcastVersion = "ff.http.broadcast";
