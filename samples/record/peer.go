// A Go client and server: peer client|server key=value... with host, port, min, max (1.0 to 1.3), ciphers (ids in hex), curves
// (ids), alpn, sni, ca, cert, key, clients=need, connections. A client without ca takes every certificate.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
)

var versions = map[string]uint16{"1.0": tls.VersionTLS10, "1.1": tls.VersionTLS11, "1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13}

func fail(err error) {
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

func configure(option map[string]string) *tls.Config {
	config := &tls.Config{MinVersion: versions[option["min"]], MaxVersion: versions[option["max"]], ServerName: option["sni"]}
	config.InsecureSkipVerify = option["ca"] == ""
	config.ClientSessionCache = tls.NewLRUClientSessionCache(4)
	if option["alpn"] != "" {
		config.NextProtos = strings.Split(option["alpn"], ",")
	}
	for _, word := range strings.FieldsFunc(option["ciphers"], func(c rune) bool { return c == ',' }) {
		id, err := strconv.ParseUint(word, 16, 16)
		fail(err)
		config.CipherSuites = append(config.CipherSuites, uint16(id))
	}
	for _, word := range strings.FieldsFunc(option["curves"], func(c rune) bool { return c == ',' }) {
		id, err := strconv.Atoi(word)
		fail(err)
		config.CurvePreferences = append(config.CurvePreferences, tls.CurveID(id))
	}
	if option["cert"] != "" {
		pair, err := tls.LoadX509KeyPair(option["cert"], option["key"])
		fail(err)
		config.Certificates = []tls.Certificate{pair}
	}
	if option["ca"] != "" {
		text, err := os.ReadFile(option["ca"])
		fail(err)
		config.RootCAs = x509.NewCertPool()
		config.RootCAs.AppendCertsFromPEM(text)
		config.ClientCAs = config.RootCAs
	}
	if option["clients"] == "need" {
		config.ClientAuth = tls.RequireAndVerifyClientCert
	}
	return config
}

func client(address string, config *tls.Config) {
	connection, err := tls.Dial("tcp", address, config)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer connection.Close()
	connection.Write([]byte("GET / HTTP/1.0\r\n\r\n"))
	answer := make([]byte, 4096)
	n, _ := connection.Read(answer)
	fmt.Printf("%x %s\n", connection.ConnectionState().Version, answer[:n])
}

func serve(connection net.Conn) {
	defer connection.Close()
	if _, err := connection.Read(make([]byte, 4096)); err != nil {
		fmt.Println(err)
		return
	}
	connection.Write([]byte("HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nok\n"))
}

func main() {
	option := map[string]string{"port": "443", "connections": "1"}
	for _, word := range os.Args[2:] {
		at := strings.Index(word, "=")
		option[word[:at]] = word[at+1:]
	}
	address := net.JoinHostPort(option["host"], option["port"])
	config := configure(option)
	if os.Args[1] == "client" {
		count, _ := strconv.Atoi(option["connections"])
		for i := 0; i < count; i++ {
			client(address, config)
		}
		return
	}
	listener, err := tls.Listen("tcp", address, config)
	fail(err)
	for {
		connection, err := listener.Accept()
		fail(err)
		go serve(connection)
	}
}
