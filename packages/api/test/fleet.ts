import { type Closeable, closeStack, createService, MicroError, type Service, type ServiceContext } from "@micro/core";
import { ApiRequest, ApiResponse } from "@micro/gateway";
import { Say, User } from "./gen/user.ts";
import { anything } from "./plain-service.ts";

type FormHandler = (request: ApiRequest) => Partial<ApiResponse>;

/** What the handlers were asked, and a way to let the slow one go on. */
export interface Fleet extends Closeable {
  /** The user service **U** of the acceptance cases. */
  readonly user: Service;
  /** How often `Say.Once` ran. */
  readonly runs: { once: number };
  /** Resolves when `Say.Slow` has begun; aborted tells whether its caller gave up. */
  slowBegan(): Promise<{ aborted: Promise<void>; finish(): void }>;
  /** Answers `Form.Submit` of **F** from now on. */
  onForm(handler: FormHandler): void;
}

/** The services of the acceptance cases under `prefix`, on loopback, known to the memory registry of this process. */
export async function startFleet(prefix = "go.micro.api"): Promise<Fleet> {
  const open = closeStack();
  const runs = { once: 0 };
  let onSlow: (call: { aborted: Promise<void>; finish(): void }) => void = () => undefined;
  let form: FormHandler = () => ({});

  const service = (name: string): Service =>
    open.use(
      createService({
        name: `${prefix}.${name}`,
        address: "127.0.0.1:0",
        registry: "memory",
        noticeMs: 0,
        argv: ["--log_level=fatal"],
        env: {},
      }),
    );

  const say = {
    ...Say,
    methods: {
      ...Say.methods,
      echo: { kind: "unary", name: "Echo", request: anything, response: anything },
    },
  } as const;
  const user = service("user");
  user.handle(say, {
    hello: ({ name }) => ({ msg: `Hello ${name}` }),
    nothing: () => ({}),
    fail: () => {
      throw new MicroError(user.name, 409, "boom");
    },
    business: () => {
      throw new MicroError(user.name, 10001, "no credit");
    },
    plain: () => {
      throw new Error("oops");
    },
    slow: (_request, { signal }) =>
      new Promise((resolve, reject) => {
        const aborted = new Promise<void>((told) => signal.addEventListener("abort", () => told(), { once: true }));
        void aborted.then(() => reject(new Error("given up")));
        onSlow({ aborted, finish: () => resolve({ msg: "at last" }) });
      }),
    once: () => {
      runs.once++;
      throw new MicroError(user.name, 500, "failed after it ran");
    },
    echo: (req, { metadata }: ServiceContext) => ({ req, metadata }),
  });
  user.handle(User, { call: () => ({ msg: "User.Call" }) });

  const versioned = service("v1.user");
  versioned.handle(
    { name: "Say", fullName: "v1.Say", methods: { hello: Say.methods.hello } },
    { hello: () => ({ msg: "v1" }) },
  );

  const formService = service("form");
  formService.handle(
    {
      name: "Form",
      fullName: "form.Form",
      methods: { submit: { kind: "unary", name: "Submit", request: ApiRequest, response: ApiResponse } },
    },
    { submit: (request) => form(request) },
  );

  await Promise.all([user.start(), versioned.start(), formService.start()]);
  return {
    user,
    runs,
    slowBegan: () => new Promise((resolve) => (onSlow = resolve)),
    onForm: (handler) => (form = handler),
    close: () => open.close(),
    [Symbol.asyncDispose]: () => open.close(),
  };
}
