/** Endpoints that every service has for those who run it: what happens inside, its traces, its logs. */
export function isInternal(endpoint: string): boolean {
  return endpoint.startsWith("Debug.");
}
