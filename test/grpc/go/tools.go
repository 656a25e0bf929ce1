//go:build tools

// Package tools pins what the tests build: the interop programs of grpc-go, in a version that Debian 12's Go compiles.
package tools

import (
	_ "google.golang.org/grpc/interop/client"
	_ "google.golang.org/grpc/interop/server"
)
