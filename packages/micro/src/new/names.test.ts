import { expect, test } from "vitest";
import { projectNames } from "./names.ts";
import { tree } from "./tree.ts";

test("a name is spelled as each place needs it", () => {
  expect(projectNames({ type: "api", alias: "user-profile2", namespace: "com.acme-corp.3d" })).toEqual({
    type: "api",
    alias: "user-profile2",
    pascal: "UserProfile2",
    camel: "userProfile2",
    fqdn: "com.acme-corp.3d.api.user-profile2",
    protoPackage: "com.acmecorp._3d.api.userprofile2",
    backend: "com.acme-corp.3d.service.user-profile2",
    backendPackage: "com.acmecorp._3d.service.userprofile2",
  });
});

test("a whole name given goes before namespace and type", () => {
  const names = projectNames({ type: "service", alias: "x", namespace: "go.micro", fqdn: "org.x" });
  expect(names).toMatchObject({ fqdn: "org.x", protoPackage: "org.x", backend: "go.micro.service.x" });
});

test.each([
  ["9lives", "cannot name a service"],
  ["a b", "cannot name a service"],
  ["-x", "cannot name a service"],
  ["x-", "cannot name a service"],
  ["ping", "Ping is a message of its own"],
])("%j is refused", (alias, why) => {
  expect(() => projectNames({ type: "service", alias, namespace: "go.micro" })).toThrow(why);
});

test("a namespace that is no name is refused", () => {
  expect(() => projectNames({ type: "service", alias: "x", namespace: "go..micro" })).toThrow(
    "is no name for the registry",
  );
});

test("files stand before folders in a tree, each level in order", () => {
  expect(tree(["src/b.ts", "src/gen/a.ts", "README.md", "a/x"])).toBe(
    [".", "├── README.md", "├── a", "│   └── x", "└── src", "    ├── b.ts", "    └── gen", "        └── a.ts"].join(
      "\n",
    ),
  );
});
