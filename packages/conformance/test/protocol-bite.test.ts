import { describe, expect, it } from "vitest";
import { protocolCases } from "../src/protocol/suite.ts";
import { protocolFaults } from "./protocol-faults.ts";

const contentTypes = ["application/grpc+proto", "application/json"] as const;

describe("the protocol suite", () => {
  for (const { name, fails, protocol } of protocolFaults) {
    it.each(fails)(`fails one that ${name}: %s`, async (caseName) => {
      const found = protocolCases.find((each) => each.name === caseName);
      expect(found, `there is no case "${caseName}"`).toBeDefined();
      await expect(found?.run({ protocol, contentTypes, patienceMs: 1_000 })).rejects.toThrow();
    });
  }
});
