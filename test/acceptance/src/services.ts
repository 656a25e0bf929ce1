import { MicroError, type Service, type ServiceContext } from "@micro/core";
import { ApiEvent, ApiRawRequest, ApiRawResponse, ApiRequest, ApiResponse } from "@micro/gateway";
import { anything } from "./anything.ts";
import { Orders, Say, User } from "./gen/acceptance.ts";

const unary = { kind: "unary", request: anything, response: anything } as const;

/** **U**: what most cases call. */
export function addUser(service: Service): void {
  let runs = 0;
  const say = {
    ...Say,
    methods: {
      ...Say.methods,
      echo: { ...unary, name: "Echo" },
      stream: { ...unary, kind: "duplex", name: "Stream" },
    },
  } as const;
  service.handle(say, {
    hello: ({ name }) => ({ msg: `Hello ${name}` }),
    nothing: () => ({}),
    fail: () => {
      throw new MicroError(service.name, 409, "boom");
    },
    plain: () => {
      throw new Error("oops");
    },
    slow: (_request, { signal }) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => resolve({ msg: "at last" }), 10_000);
        signal.addEventListener("abort", () => {
          clearTimeout(timer);
          reject(new Error("given up"));
        });
      }),
    once: () => {
      runs++;
      throw new MicroError(service.name, 500, "failed after it ran");
    },
    runs: () => ({ runs }),
    who: () => ({ msg: String(process.pid) }),
    async sum(numbers) {
      let n = 0;
      for await (const number of numbers) n += number.n;
      return { n };
    },
    echo: (req, { metadata }: ServiceContext) => ({ req, metadata }),
    async *stream(requests, { signal }: ServiceContext) {
      signal.addEventListener("abort", () => process.stdout.write("Say.Stream was left\n"));
      for await (const request of requests) {
        if ((request as { fail?: boolean }).fail) throw new MicroError(service.name, 422, "no such frame");
        yield request as object;
      }
    },
  });
  service.handle(User, { call: () => ({ msg: "User.Call" }), get: ({ id }) => ({ id, name: "Ann" }) });
}

/** **V**: the same endpoint under a version. */
export function addVersioned(service: Service): void {
  const say = { name: "Say", fullName: "v1.Say", methods: { hello: Say.methods.hello } } as const;
  service.handle(say, { hello: () => ({ msg: "v1" }) });
}

/** **F**: endpoints that take the HTTP request itself, its body as text or as bytes. */
export function addForm(service: Service): void {
  const form = {
    name: "Form",
    fullName: "form.Form",
    methods: {
      submit: { kind: "unary", name: "Submit", request: ApiRequest, response: ApiResponse },
      plain: { kind: "unary", name: "Plain", request: ApiRequest, response: ApiResponse },
      turn: { kind: "unary", name: "Turn", request: ApiRawRequest, response: ApiRawResponse },
    },
  } as const;
  service.handle(form, {
    submit: (request) => ({
      statusCode: 201,
      header: { "X-Foo": { key: "X-Foo", values: ["a", "b"] } },
      body: JSON.stringify(request),
    }),
    plain: () => ({ body: "{}" }),
    turn: ({ body }) => ({ body: body.toReversed() }),
  });
}

/** **O**: routes declared by annotation, and by metadata. */
export function addOrders(service: Service): void {
  const put = {
    ...Orders.methods.put,
    metadata: { endpoint: "Orders.Put", handler: "rpc", method: "PUT", path: "^/o/[0-9]+$" },
  };
  const orders = { ...Orders, methods: { ...Orders.methods, put } };
  service.handle(orders, {
    get: (request) => ({ ...request, by: "Orders.Get" }),
    put: (request) => ({ ...request, by: "Orders.Put" }),
  });
}

/** Keeps the events published to a topic and gives them to who asks. */
export function addEvents(service: Service, topic: string): void {
  const events: unknown[] = [];
  service.subscribe(
    topic,
    (event) => {
      events.push({ ...event, timestamp: Number(event.timestamp) });
      process.stdout.write(`event on ${topic}\n`);
    },
    { type: ApiEvent },
  );
  const methods = { list: { ...unary, name: "List" } } as const;
  service.handle({ name: "Events", fullName: "acceptance.Events", methods }, { list: () => ({ events }) });
}
