// Command upstream is a minimal MCP server for load tests. It answers immediately, so that the chain in front of it is what is
// measured. It opens sessions, echoes their ids as real servers do, and counts the tool calls that it answers, so that the
// harness can compare this number with that of the load generator.
package main

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
)

const maxBodyBytes = 1 << 20

type message struct {
	ID     json.RawMessage `json:"id"`
	Method string          `json:"method"`
	Params struct {
		ProtocolVersion string `json:"protocolVersion"`
	} `json:"params"`
}

type server struct {
	calls atomic.Int64
}

func main() {
	address := "127.0.0.1:0"
	if len(os.Args) > 1 {
		address = os.Args[1]
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		log.Fatal(err)
	}
	s := &server{}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /mcp", s.post)
	mux.HandleFunc("DELETE /mcp", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	mux.HandleFunc("GET /calls", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, s.calls.Load()) })

	stop := make(chan os.Signal, 1)
	signal.Notify(stop, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-stop
		os.Exit(0)
	}()
	fmt.Printf("listening on port %d\n", listener.Addr().(*net.TCPAddr).Port)
	log.Fatal(http.Serve(listener, mux))
}

func (s *server) post(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBodyBytes))
	var request message
	if err != nil || json.Unmarshal(body, &request) != nil {
		http.Error(w, "not a JSON-RPC message", http.StatusBadRequest)
		return
	}
	session := r.Header.Get("Mcp-Session-Id")
	switch {
	case request.Method == "initialize":
		session = newSessionID()
		reply(w, session, request.ID, fmt.Sprintf(
			`{"protocolVersion":%q,"capabilities":{"tools":{}},"serverInfo":{"name":"bench","version":"1.0.0"}}`,
			request.Params.ProtocolVersion))
	case len(request.ID) == 0:
		w.WriteHeader(http.StatusAccepted)
	case request.Method == "tools/list":
		reply(w, session, request.ID, `{"tools":[{"name":"echo","inputSchema":{"type":"object"}}]}`)
	case request.Method == "tools/call":
		s.calls.Add(1)
		reply(w, session, request.ID, `{"content":[{"type":"text","text":"ok"}]}`)
	default:
		reply(w, session, request.ID, `{}`)
	}
}

func reply(w http.ResponseWriter, session string, id json.RawMessage, result string) {
	header := w.Header()
	header.Set("Content-Type", "application/json")
	if session != "" {
		header.Set("Mcp-Session-Id", session)
	}
	fmt.Fprintf(w, `{"jsonrpc":"2.0","id":%s,"result":%s}`, id, result)
}

func newSessionID() string {
	id := make([]byte, 16)
	if _, err := rand.Read(id); err != nil {
		log.Fatal(err)
	}
	return hex.EncodeToString(id)
}
