import { badRequest, type Handlers, type Logger, MicroError, type ServiceContext } from "@micro/core";
import type { Say } from "../gen/say.ts";
import { User } from "../gen/user.ts";

/** Answers the HTTP requests that the gateway's `api` handler passes on for `/user/say/…`. */
export function sayHandler(logger: Logger): Handlers<(typeof Say)["methods"], ServiceContext> {
  return {
    async hello(request, context) {
      logger.info("Received Say.Hello API request");
      const userName = request.get.name?.values[0] ?? "";
      if (userName === "") throw badRequest("go.micro.api.user", "Name cannot be blank");
      const { user, error } = await context.client(User, "go.micro.srv.user").queryUserByName({ userName });
      if (!user)
        throw new MicroError("go.micro.api.user", error?.code ?? 404, error?.detail ?? `no user is called ${userName}`);
      // Keys in alphabetical order, as the Go sample's map writes them.
      return { statusCode: 200, body: JSON.stringify({ id: user.id, password: user.pwd, username: user.name }) };
    },
  };
}
