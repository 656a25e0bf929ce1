import { describe, expect, expectTypeOf, it, vi } from "vitest";
import { createService } from "./create-service.ts";

const flags = [
  { name: "page_size", type: "int", help: "rows a page", env: "PAGE_SIZE", default: 20, group: "Shop" },
  { name: "color", type: "string", help: "of the logo", choices: ["red", "blue"] },
] as const;

describe("a program's own flags", () => {
  it("are read with those of the service, with their types", () => {
    const argv = ["--page_size=50", "--server_name=other", "--color=red", "rest"];
    const service = createService({ name: "shop", flags, argv, env: {} });
    expect(service.flags).toEqual({ page_size: 50, color: "red" });
    expect(service).toMatchObject({ name: "other", args: ["rest"] });
    expectTypeOf(service.flags.page_size).toEqualTypeOf<number>();
    expectTypeOf(service.flags.color).toEqualTypeOf<"red" | "blue" | undefined>();
  });

  it("come from the environment too, and have their defaults", () => {
    expect(createService({ name: "shop", flags, argv: [], env: { PAGE_SIZE: "7" } }).flags).toEqual({ page_size: 7 });
    expect(createService({ name: "shop", flags, argv: [], env: {} }).flags).toEqual({ page_size: 20 });
    expect(createService({ name: "shop", argv: [], env: {} }).flags).toEqual({});
  });

  it("keep their types when handlers are added in a chain", () => {
    const service = createService({ name: "shop", flags, argv: [], env: {} }).subscribe("topic", () => undefined);
    expectTypeOf(service.flags.page_size).toEqualTypeOf<number>();
  });

  it("stand in the help", async () => {
    const written: string[] = [];
    const write = vi.spyOn(process.stdout, "write").mockImplementation((text) => written.push(String(text)) > 0);
    await createService({ name: "shop", flags, argv: ["--help"], env: {} }).run();
    write.mockRestore();
    expect(written.join("")).toMatch(/Shop\n +--page_size NUMBER +rows a page.*\n/);
  });

  it.each([
    ["of a mistake in them", flags, ["--page_size=many"], "--page_size"],
    ["when a name is the service's", [{ name: "registry", type: "string", help: "" }], [], "--registry has the name"],
    ["when a name is given twice", [...flags, ...flags], [], "--page_size has the name"],
    [
      "when an alias is the service's",
      [{ name: "x", aliases: ["broker"], type: "string", help: "" }],
      [],
      "--broker has the name",
    ],
  ] as const)("are refused at the start %s", async (_why, table, argv, message) => {
    const service = createService({ name: "shop", flags: table, argv, env: {} });
    await expect(service.start()).rejects.toMatchObject({
      name: "ConfigError",
      message: expect.stringContaining(message),
    });
    await service.close();
  });
});
