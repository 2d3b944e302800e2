// kontrol: one multi-call binary holding a complete Kubernetes control plane for tests.
//
//	kontrol up --dir DIR [--port N] [--controllers] [--fake-nodes N] ...
//	kontrol kube-apiserver | kube-controller-manager | kube-scheduler | kubectl ...
package main

import (
	"fmt"
	"os"
	"path/filepath"
	_ "time/tzdata"

	_ "k8s.io/client-go/plugin/pkg/client/auth"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	kubectl "k8s.io/kubectl/pkg/cmd"

	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	kcm "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
)

func main() {
	name := filepath.Base(os.Args[0]) // busybox style: name of the link, or first argument
	args := os.Args
	known := map[string]bool{"up": true, "kube-apiserver": true, "kube-controller-manager": true,
		"kube-scheduler": true, "kubectl": true}
	if !known[name] {
		if len(args) < 2 || !known[args[1]] {
			fmt.Fprintln(os.Stderr, "usage: kontrol up|kube-apiserver|kube-controller-manager|kube-scheduler|kubectl [flags]")
			os.Exit(2)
		}
		name, args = args[1], args[1:]
	}
	os.Args = args // the commands of Kubernetes read os.Args[1:]
	switch name {
	case "up":
		os.Exit(up(args[1:]))
	case "kube-apiserver":
		os.Exit(cli.Run(apiserver.NewAPIServerCommand()))
	case "kube-controller-manager":
		os.Exit(cli.Run(kcm.NewControllerManagerCommand()))
	case "kube-scheduler":
		os.Exit(cli.Run(scheduler.NewSchedulerCommand()))
	case "kubectl":
		if err := cli.RunNoErrOutput(kubectl.NewDefaultKubectlCommand()); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}
