import { expect, test } from "vitest";
import { readDeclaration } from "./declaration.ts";
import { routeTable } from "./route-table.ts";

/** Routes named by their path, `GET /a/{b}` or `GET shop.example /a`, each of an endpoint of its own. */
function table(...declared: string[]) {
  const routes = declared.flatMap((text, at) => {
    const [path = "", second = "", method = ""] = text.split(" ").reverse();
    const host = method === "" ? "" : second;
    const name = `Path.E${String(at).padStart(2, "0")}`;
    const metadata = { endpoint: name, handler: "rpc", method: method || second, path, ...(host && { host }) };
    return readDeclaration("s", { name, request: undefined, response: undefined, metadata }).routes;
  });
  const built = routeTable(routes);
  return (method: string, path: string, host = "x") => {
    const route = built.match({ method, path, headers: { host } });
    return route && declared[Number(route.endpoint.slice(6))];
  };
}

const both = (a: string, b: string) => [table(a, b), table(b, a)] as const;

test.each([
  ["GET /a/b", "GET /a/{x}", "/a/b"],
  ["GET /a/{x}", "GET /{x}/b", "/a/b"],
  ["GET /a/{x}/c", "GET /a/{x}/{y}", "/a/b/c"],
  ["GET /a/{x}/{y}", "GET /a/{x=**}", "/a/b/c"],
  ["GET /a/b/{x=**}", "GET /a/{x=**}", "/a/b/c"],
  ["GET /a/{x}:go", "GET /a/{x}", "/a/b:go"],
  ["GET ^/a/[0-9]+$", "GET /a/{x}", "/a/7"],
  ["GET ^/a/[0-9]+$", "GET ^/.*$", "/a/7"],
  ["GET /a/{x}", "GET ^/.*$", "/a/7"],
  ["GET ^/a/b$", "GET /a/{x}", "/a/b"],
  ["GET shop.example /{x}/{y}", "GET /a/b", "/a/b"],
  ["GET /a/{x}", "* /a/{x}", "/a/b"],
])("%s goes before %s, in whatever order they come", (first, second, path) => {
  for (const match of both(first, second)) expect(match("GET", path, "shop.example:8080")).toBe(first);
});

test("verbs are told apart, and * is any", () => {
  const match = table("GET /a/{x}", "PUT /a/{x}", "* /b/{x}");
  expect(match("PUT", "/a/1")).toBe("PUT /a/{x}");
  expect(match("DELETE", "/a/1")).toBeUndefined();
  expect(match("DELETE", "/b/1")).toBe("* /b/{x}");
});

test("a host decides whatever its port", () => {
  const match = table("GET shop.example /a");
  expect(match("GET", "/a", "Shop.Example:81")).toBe("GET shop.example /a");
  expect(match("GET", "/a", "other.example")).toBeUndefined();
});

test("routes with open beginnings are found among many with fixed ones", () => {
  const many = Array.from({ length: 50 }, (_each, at) => `GET /p${at}/{x}`);
  const match = table(...many, "GET /{a}/{b}/c");
  expect(match("GET", "/p7/1")).toBe("GET /p7/{x}");
  expect(match("GET", "/p7/1/c")).toBe("GET /{a}/{b}/c");
  expect(match("GET", "/none/1")).toBeUndefined();
});

test("two routes that are alike are taken in the order of their services' names", () => {
  const metadata = { endpoint: "E.M", handler: "rpc", method: "GET", path: "/a" };
  const endpoint = { name: "E.M", request: undefined, response: undefined, metadata };
  const routes = ["s.b", "s.a"].flatMap((service) => readDeclaration(service, endpoint).routes);
  const request = { method: "GET", path: "/a", headers: {} };
  expect(routeTable(routes).match(request)?.service).toBe("s.a");
  expect(routeTable(routes.toReversed()).match(request)?.service).toBe("s.a");
});
