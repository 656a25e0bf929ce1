import { createUserApi } from "./service.ts";

await createUserApi().run();
