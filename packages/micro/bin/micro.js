#!/usr/bin/env node
// Stands outside of dist so that a package manager can link it before the first build.
import "../dist/main.js";
