import type { Explanation } from "@micro/api";

/** An explanation as a person reads it: a line for each fact, then what is remarkable. */
export function explanationText(explanation: Explanation, registry: string): string {
  const { method, host, path, fixed, route, handler, nodes, remarks } = explanation;
  const facts: [string, string][] = [["request", `${method} ${path} (host ${host})`]];
  if (fixed) facts.push(["answered by", "the gateway itself"]);
  if (route) {
    facts.push(["service", route.service], ["endpoint", route.endpoint], ["handler", handler]);
    if (route.streams) facts.push(["streams", "yes: WebSocket, server-sent events or JSON lines"]);
    for (const [field, value] of route.variables ?? []) facts.push(["field", `${field} = ${JSON.stringify(value)}`]);
    if (route.bodyField !== undefined) facts.push(["body", route.bodyField]);
    if (route.timeoutMs !== undefined) facts.push(["timeout", `${route.timeoutMs} ms`]);
    facts.push(["rule", route.rule ?? ""]);
    facts.push(["nodes", nodes.length === 0 ? `none in registry ${registry}` : nodes.join(", ")]);
  }
  const width = Math.max(...facts.map(([name]) => name.length));
  const lines = facts.map(([name, value]) => `${name.padEnd(width)}  ${value}`);
  return [...lines, ...remarks.map((remark) => `- ${remark}`), ""].join("\n");
}
