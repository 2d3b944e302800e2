package main

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"go.etcd.io/etcd/server/v3/embed"
)

type listFlag []string

func (l *listFlag) String() string     { return strings.Join(*l, " ") }
func (l *listFlag) Set(s string) error { *l = append(*l, s); return nil }

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "kontrol:", err)
		shutdown(1)
	}
}

func freePort() int {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// Pods go to the fake nodes, unless their namespace has the annotation scheduler.alpha.kubernetes.io/node-selector.
const admissionConfig = `apiVersion: apiserver.config.k8s.io/v1
kind: AdmissionConfiguration
plugins:
- name: PodNodeSelector
  configuration:
    podNodeSelectorPluginConfig:
      clusterDefaultNodeSelector: "` + nodesLabel + `=fake"
`

func startEtcd(dir string) string {
	cfg := embed.NewConfig()
	client := url.URL{Scheme: "http", Host: fmt.Sprintf("127.0.0.1:%d", freePort())}
	peer := url.URL{Scheme: "http", Host: fmt.Sprintf("127.0.0.1:%d", freePort())}
	cfg.Dir = filepath.Join(dir, "etcd")
	cfg.ListenClientUrls, cfg.AdvertiseClientUrls = []url.URL{client}, []url.URL{client}
	cfg.ListenPeerUrls, cfg.AdvertisePeerUrls = []url.URL{peer}, []url.URL{peer}
	cfg.InitialCluster = cfg.InitialClusterFromName(cfg.Name)
	cfg.UnsafeNoFsync = true
	cfg.TickMs, cfg.ElectionMs = 10, 100
	cfg.LogLevel, cfg.LogOutputs = "warn", []string{filepath.Join(dir, "etcd.log")}
	e, err := embed.StartEtcd(cfg)
	must(err)
	<-e.Server.ReadyNotify()
	return client.String()
}

func apiServerArgs(p func(string) string, port int, etcd string, controllers bool, extra []string) []string {
	args := []string{
		"--etcd-servers=" + etcd,
		"--bind-address=127.0.0.1",
		fmt.Sprintf("--secure-port=%d", port),
		"--advertise-address=127.0.0.1",   // no default route: must be given
		"--endpoint-reconciler-type=none", // Endpoints may not hold a loopback address
		"--tls-cert-file=" + p("apiserver.crt"), "--tls-private-key-file=" + p("apiserver.key"),
		"--client-ca-file=" + p("ca.crt"),
		"--token-auth-file=" + p("tokens.csv"),
		"--anonymous-auth=true",
		"--authorization-mode=Node,RBAC",
		"--service-account-issuer=https://kubernetes.default.svc.cluster.local",
		"--service-account-key-file=" + p("sa.key"), "--service-account-signing-key-file=" + p("sa.key"),
		"--service-cluster-ip-range=10.96.0.0/16",
		"--allow-privileged=true",
		"--profiling=false",
		"--shutdown-delay-duration=0s",
		"--enable-admission-plugins=PodNodeSelector",
		"--admission-control-config-file=" + p("admission.yaml"),
	}
	if !controllers { // nothing makes the "default" ServiceAccount of a namespace
		args = append(args, "--disable-admission-plugins=ServiceAccount")
	}
	return append(args, extra...)
}

// up runs the control plane until a signal, or until standard input ends. It answers commands on standard input, one a
// line, with one line of JSON each: "stop-apiserver" ends the API server as a crash does, "start-apiserver" starts it again
// on the same port and data.
func up(argv []string) int {
	runtime.LockOSThread() // see start
	fs := flag.NewFlagSet("up", flag.ExitOnError)
	dir := fs.String("dir", "", "state directory (created; tmpfs or a temp dir)")
	port := fs.Int("port", 0, "API port on 127.0.0.1 (0: a free one)")
	controllers := fs.Bool("controllers", false, "also run kube-controller-manager and kube-scheduler")
	fakeNodes := fs.Int("fake-nodes", 0, "that many fake Ready nodes whose pods become Running")
	watchStdin := fs.Bool("exit-on-stdin-eof", false, "read commands from stdin; when it closes (the parent died), exit and remove the directory")
	var extra, kcmExtra listFlag
	fs.Var(&extra, "apiserver-arg", "further kube-apiserver flag (repeat)")
	fs.Var(&kcmExtra, "kcm-arg", "further kube-controller-manager flag (repeat)")
	fs.Parse(argv)
	if *dir == "" {
		fs.Usage()
		return 2
	}
	sig := make(chan os.Signal, 1)
	signal.Notify(sig, syscall.SIGTERM, syscall.SIGINT)
	go func() { <-sig; shutdown(0) }()
	commands := make(chan string)
	if *watchStdin {
		go func() {
			for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
				commands <- lines.Text()
			}
			shutdown(0)
		}()
	}

	t0 := time.Now()
	must(os.MkdirAll(*dir, 0o700))
	*dir, _ = filepath.Abs(*dir)
	if *watchStdin {
		garbage = *dir
	}
	p := func(n string) string { return filepath.Join(*dir, n) }
	if *port == 0 {
		*port = freePort()
	}
	c := newCA(*dir, "ca")
	c.issue(*dir, "apiserver", "kube-apiserver", nil,
		[]string{"localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local"},
		[]net.IP{net.IPv4(127, 0, 0, 1), net.IPv4(10, 96, 0, 1)})
	newKey(p("sa.key"))
	admin := newToken()
	must(os.WriteFile(p("tokens.csv"), []byte(admin+`,admin,admin,"system:masters"`+"\n"), 0o600))
	must(os.WriteFile(p("admission.yaml"), []byte(admissionConfig), 0o600))
	server := fmt.Sprintf("https://127.0.0.1:%d", *port)
	writeKubeconfig(p("kubeconfig"), server, c.pem, admin)

	args := apiServerArgs(p, *port, startEtcd(*dir), *controllers, extra)
	tEtcd := time.Since(t0)
	api := start(*dir, "kube-apiserver", args...)
	waitReady(server, c.cert)
	tReady := time.Since(t0)
	if *controllers {
		start(*dir, "kube-controller-manager", append([]string{"--kubeconfig=" + p("kubeconfig"), "--leader-elect=false",
			"--secure-port=0", "--bind-address=127.0.0.1", "--service-account-private-key-file=" + p("sa.key"),
			"--root-ca-file=" + p("ca.crt"), "--cluster-signing-cert-file=" + p("ca.crt"), "--cluster-signing-key-file=" + p("ca.key"),
			"--kube-api-qps=500", "--kube-api-burst=1000", "--profiling=false"}, kcmExtra...)...)
		start(*dir, "kube-scheduler", "--kubeconfig="+p("kubeconfig"), "--leader-elect=false", "--secure-port=0",
			"--bind-address=127.0.0.1", "--kube-api-qps=500", "--kube-api-burst=1000", "--profiling=false")
	}
	if *fakeNodes > 0 {
		runFakeNodes(p("kubeconfig"), *fakeNodes)
	}
	say := json.NewEncoder(os.Stdout)
	say.Encode(map[string]any{"done": "up", "server": server, "token": admin, "ca": p("ca.crt"),
		"kubeconfig": p("kubeconfig"), "msEtcd": tEtcd.Milliseconds(), "msReady": tReady.Milliseconds()})
	for command := range commands {
		switch command {
		case "stop-apiserver":
			api.kill()
		case "start-apiserver":
			api = start(*dir, "kube-apiserver", args...)
			waitReady(server, c.cert)
		default:
			must(fmt.Errorf("unknown command %q", command))
		}
		say.Encode(map[string]any{"done": command})
	}
	return 0
}

func waitReady(server string, ca *x509.Certificate) {
	pool := x509.NewCertPool()
	pool.AddCert(ca)
	hc := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: pool}, DisableKeepAlives: true}}
	for ; ; time.Sleep(20 * time.Millisecond) {
		r, err := hc.Get(server + "/readyz")
		if err != nil {
			continue
		}
		io.Copy(io.Discard, r.Body)
		r.Body.Close()
		if r.StatusCode == 200 {
			return
		}
	}
}
