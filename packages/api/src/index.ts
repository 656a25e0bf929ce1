export { type Api, type ApiParts, createApi } from "./create-api.ts";
export { type ApiOptions, defaults as apiDefaults } from "./options.ts";
