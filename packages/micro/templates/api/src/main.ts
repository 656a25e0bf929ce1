import { create__Alias__Api } from "./api.ts";

await create__Alias__Api().run();
