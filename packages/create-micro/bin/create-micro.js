#!/usr/bin/env node
// `npm create micro NAME` is `micro new NAME`, by the program itself, so that the two are one.
process.argv.splice(2, 0, "new");
await import("micro");
