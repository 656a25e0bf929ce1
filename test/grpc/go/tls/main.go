// The interop cases over TLS where both sides show certificates, which grpc-go's own interop programs cannot.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"flag"
	"fmt"
	"net"
	"os"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/interop"
	"google.golang.org/grpc/interop/grpc_testing"
)

var (
	serve = flag.String("serve", "", "serve here; callers show a certificate that -ca vouches for")
	call  = flag.String("call", "", "call this server, whose certificate -ca vouches for, then end")
	cert  = flag.String("cert", "", "the certificate to show; none when empty")
	key   = flag.String("key", "", "its key")
	ca    = flag.String("ca", "", "whom to trust")
)

func main() {
	flag.Parse()
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	pool := x509.NewCertPool()
	pem, err := os.ReadFile(*ca)
	check(err)
	pool.AppendCertsFromPEM(pem)
	if *cert != "" {
		pair, err := tls.LoadX509KeyPair(*cert, *key)
		check(err)
		config.Certificates = []tls.Certificate{pair}
	}
	if *serve != "" {
		config.ClientCAs = pool
		config.ClientAuth = tls.RequireAndVerifyClientCert
		listener, err := net.Listen("tcp", *serve)
		check(err)
		server := grpc.NewServer(grpc.Creds(credentials.NewTLS(config)))
		grpc_testing.RegisterTestServiceServer(server, interop.NewTestServer())
		fmt.Println("serving", listener.Addr())
		check(server.Serve(listener))
		return
	}
	config.RootCAs = pool
	conn, err := grpc.NewClient(*call, grpc.WithTransportCredentials(credentials.NewTLS(config)))
	check(err)
	defer conn.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	service := grpc_testing.NewTestServiceClient(conn)
	// The cases below end the process without saying why; this one says it.
	_, err = service.EmptyCall(ctx, &grpc_testing.Empty{})
	check(err)
	interop.DoLargeUnaryCall(ctx, service)
	interop.DoPingPong(ctx, service)
	fmt.Println("all cases passed")
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
