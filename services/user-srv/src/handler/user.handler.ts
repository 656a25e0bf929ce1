import { badRequest, type Handlers, type Logger, type ServiceContext } from "@micro/core";
import type { User } from "../gen/user.ts";
import type { Users } from "../users.ts";

/** Answers the calls of `User`. */
export function userHandler(users: Users, logger: Logger): Handlers<(typeof User)["methods"], ServiceContext> {
  return {
    async queryUserByName({ userName }) {
      logger.info("Received User.QueryUserByName request");
      if (userName === "") throw badRequest("go.micro.srv.user", "userName cannot be blank");
      const user = await users.findByName(userName);
      return user ? { user } : { error: { code: 404, detail: `no user is called ${userName}` } };
    },
  };
}
