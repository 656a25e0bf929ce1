import type { CommandFace } from "../command.ts";

type Name =
  | "list"
  | "get"
  | "call"
  | "stream"
  | "publish"
  | "subscribe"
  | "health"
  | "stats"
  | "register"
  | "deregister";

/** What is known of the commands that ask services before their code is loaded, but for their flags. */
export const faces: Readonly<Record<Name, CommandFace>> = {
  list: {
    name: "list",
    summary: "list the services in the registry, or their nodes",
    usage: "[services | nodes] [flags]",
    details: ["Prints the names of all services, sorted, one a line. `nodes` prints a line for each running copy."],
    examples: [
      ["micro list services", "what is running"],
      ["micro list nodes --output=json", "each copy with its address and metadata, for a program"],
    ],
    arguments: [["services", "nodes"]],
  },
  get: {
    name: "get",
    summary: "show what the registry knows of a service: nodes and endpoints",
    usage: "service NAME [flags]",
    examples: [["micro get service go.micro.srv.user", "its versions, nodes, and endpoints with their messages"]],
    arguments: [["service"], "service"],
  },
  call: {
    name: "call",
    summary: "call an endpoint of a service and print its reply",
    usage: "SERVICE ENDPOINT [JSON] [flags]",
    details: [
      "The request is a JSON object, {} unless given; it is sent as it is typed, with all digits of big numbers. The reply is printed as JSON indented with tabs.",
      "A call that fails prints the error with its code and ends with exit code 1.",
    ],
    examples: [
      [`micro call go.micro.srv.greeter Say.Hello '{"name":"Ann"}'`, "one call, to whichever node is chosen"],
      ["micro call go.micro.srv.greeter Say.Hello --address=10.0.0.5:43001", "that node, without asking the registry"],
      ["micro call go.micro.srv.greeter Say.Hello --metadata=tenant=a --metadata=trace=7", "with headers"],
    ],
    arguments: ["service", "endpoint"],
  },
  stream: {
    name: "stream",
    summary: "call an endpoint that streams and print each reply as it comes",
    usage: "SERVICE ENDPOINT [JSON | -] [flags]",
    details: [
      "Sends the one message, or with - each line of standard input, and prints replies until the stream ends or Ctrl-C ends it.",
    ],
    examples: [
      [`micro stream go.micro.srv.greeter Say.Stream '{"count":3}'`, "one message out, many in"],
      ["micro stream go.micro.srv.greeter Say.PingPong - < messages.jsonl", "many out, many in"],
      ["micro stream go.micro.srv.user Debug.Log '{\"stream\":true}'", "the log of a running service"],
    ],
    arguments: ["service", "endpoint"],
  },
  publish: {
    name: "publish",
    summary: "publish a message to a topic",
    usage: "TOPIC JSON [flags]",
    details: ["Prints ok once the broker has the message. A topic that nobody subscribed to takes it and forgets it."],
    examples: [[`micro publish user.created '{"name":"ann"}'`, "to everyone who subscribed to user.created"]],
  },
  subscribe: {
    name: "subscribe",
    summary: "print the messages of a topic as they come",
    usage: "TOPIC [flags]",
    examples: [
      ["micro subscribe user.created", "each message on a line, until Ctrl-C"],
      [
        "micro subscribe user.created --queue=mail --count=1 --output=json",
        "one message, with its headers, taken from a queue",
      ],
    ],
  },
  health: {
    name: "health",
    summary: "ask every node of a service whether it is well",
    usage: "SERVICE [flags]",
    details: [
      "Exit code 1 when a node is not, with its error in the column status.",
      "Without a name, and with --check_service and --check_address, it serves: GET /health asks that node each time and answers 200 OK or 500 NOT_HEALTHY.",
    ],
    examples: [
      ["micro health go.micro.srv.user", "all nodes in the registry"],
      ["micro health go.micro.srv.user --address=10.0.0.5:43001", "that node; prints only the word"],
      [
        "micro health --check_service=go.micro.srv.user --check_address=127.0.0.1:50051",
        "beside a service in a container",
      ],
    ],
    arguments: ["service"],
  },
  stats: {
    name: "stats",
    summary: "ask every node of a service how it fares: start, memory, garbage collection",
    usage: "SERVICE [flags]",
    examples: [["micro stats go.micro.srv.user", "a line a node; one that does not answer has empty cells"]],
    arguments: ["service"],
  },
  register: {
    name: "register",
    summary: "add nodes to the registry on behalf of a service",
    usage: "service JSON [flags]",
    details: [
      "The record is go-micro's JSON, keys in any case. Without --ttl it stays until it is deregistered. Registries without a server, mdns among them, know it as long as the command runs; then it waits for Ctrl-C.",
    ],
    examples: [
      [
        `micro register service '{"name":"go.micro.srv.old","version":"1","nodes":[{"id":"old-1","address":"10.0.0.9:8080","metadata":{"protocol":"grpc"}}]}'`,
        "a program that cannot register itself",
      ],
    ],
    arguments: [["service"]],
  },
  deregister: {
    name: "deregister",
    summary: "remove nodes from the registry",
    usage: "service JSON [flags]",
    examples: [
      [
        `micro deregister service '{"name":"go.micro.srv.old","version":"1","nodes":[{"id":"old-1","address":"10.0.0.9:8080"}]}'`,
        "what register added; removing what is not there is no error",
      ],
    ],
    arguments: [["service"]],
  },
};
