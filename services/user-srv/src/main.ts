import { createUserService } from "./service.ts";

await createUserService().run();
