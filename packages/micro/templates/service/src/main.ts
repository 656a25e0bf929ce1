import { create__Alias__ } from "./service.ts";

await create__Alias__().run();
