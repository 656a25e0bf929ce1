import { httpTransport, memoryTransport } from "@micro/core";
import { transportConformance } from "../src/transport/suite.ts";

transportConformance("httpTransport", { transport: httpTransport() });
transportConformance("memoryTransport", { transport: memoryTransport() });
