// A TLS client or server on Go's crypto/tls.
//
//	peer -connect HOST:PORT -name NAME -ca roots.pem      peer -listen :PORT -chain c.pem -key k.pem
//
// A peer that fails says why on stderr.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
)

var (
	connect  = flag.String("connect", "", "address to connect to")
	listen   = flag.String("listen", "", "address to listen on")
	name     = flag.String("name", "", "the server's name")
	ca       = flag.String("ca", "", "PEM file of trusted roots")
	chain    = flag.String("chain", "", "PEM file of our own certificates")
	key      = flag.String("key", "", "PEM file of our own key")
	keylog   = flag.String("keylog", "", "file to write secrets to")
	maximum  = flag.String("max", "1.3", "highest version: 1.2 or 1.3")
	insecure = flag.Bool("insecure", false, "accept any server")
	ask      = flag.String("ask", "", "client certificate: want, any or need")
)

func orDie(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func config() *tls.Config {
	c := &tls.Config{ServerName: *name, InsecureSkipVerify: *insecure}
	if *maximum == "1.2" {
		c.MaxVersion = tls.VersionTLS12
	}
	if *ca != "" {
		roots, err := os.ReadFile(*ca)
		orDie(err)
		c.RootCAs = x509.NewCertPool()
		c.RootCAs.AppendCertsFromPEM(roots)
		c.ClientCAs = c.RootCAs
	}
	if *chain != "" {
		own, err := tls.LoadX509KeyPair(*chain, *key)
		orDie(err)
		c.Certificates = []tls.Certificate{own}
		// Also when the server names other issuers: the server shall say so.
		c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			return &own, nil
		}
	}
	if *keylog != "" {
		log, err := os.OpenFile(*keylog, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		orDie(err)
		c.KeyLogWriter = log
	}
	switch *ask {
	case "want":
		c.ClientAuth = tls.VerifyClientCertIfGiven
	case "any":
		c.ClientAuth = tls.RequireAnyClientCert
	case "need":
		c.ClientAuth = tls.RequireAndVerifyClientCert
	}
	return c
}

func serve(socket net.Conn, c *tls.Config) {
	defer socket.Close()
	conn := tls.Server(socket, c)
	if err := conn.Handshake(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	conn.Read(make([]byte, 1000))
	io.WriteString(conn, "HTTP/1.0 200 OK\r\n\r\nhello\n")
	conn.Close()
}

func main() {
	flag.Parse()
	c := config()
	if *connect != "" {
		conn, err := tls.Dial("tcp", *connect, c)
		orDie(err)
		io.WriteString(conn, "GET / HTTP/1.0\r\n\r\n")
		_, err = io.Copy(os.Stdout, conn)
		conn.Close()
		orDie(err)
		return
	}
	// Not tls.Listen, which refuses to start without a certificate.
	listener, err := net.Listen("tcp", *listen)
	orDie(err)
	for {
		socket, err := listener.Accept()
		orDie(err)
		go serve(socket, c)
	}
}
