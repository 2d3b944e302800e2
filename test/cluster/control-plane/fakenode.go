package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"sync"
	"time"

	coordv1 "k8s.io/api/coordination/v1"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
)

// nodesLabel tells the fake nodes from those that a test runs itself.
const nodesLabel = "test.mcpgateway.dev/nodes"

// runFakeNodes registers n Ready nodes, renews their leases, and plays the
// kubelet's part towards the API for their pods: Pending -> Running (Ready),
// and the final delete once deletionTimestamp is set.
// A pod annotation fake-kubelet/phase=Succeeded|Failed makes it end that way, fake-kubelet/waiting=REASON keeps its
// containers waiting for that reason, such as ImagePullBackOff.
func runFakeNodes(kubeconfig string, n int) {
	rc, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	must(err)
	rc.QPS, rc.Burst = 500, 1000
	cs := kubernetes.NewForConfigOrDie(rc)
	ctx := context.Background()
	mine := map[string]bool{}
	for i := 0; i < n; i++ {
		name := fmt.Sprintf("fake-%d", i)
		mine[name] = true
		cap := v1.ResourceList{"cpu": resource.MustParse("64"), "memory": resource.MustParse("256Gi"), "pods": resource.MustParse("1000"), "ephemeral-storage": resource.MustParse("1Ti")}
		node := &v1.Node{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{
			nodesLabel: "fake", "kubernetes.io/hostname": name, "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64"}}}
		if _, err := cs.CoreV1().Nodes().Create(ctx, node, metav1.CreateOptions{}); err != nil {
			fmt.Fprintln(os.Stderr, "fake node:", err)
			continue
		}
		now := metav1.Now()
		st := v1.NodeStatus{Capacity: cap, Allocatable: cap, Phase: v1.NodeRunning,
			NodeInfo:   v1.NodeSystemInfo{OperatingSystem: "linux", Architecture: "amd64", KubeletVersion: "v1.34.4-fake"},
			Addresses:  []v1.NodeAddress{{Type: v1.NodeInternalIP, Address: "127.0.0.1"}, {Type: v1.NodeHostName, Address: name}},
			Conditions: []v1.NodeCondition{{Type: v1.NodeReady, Status: v1.ConditionTrue, Reason: "KubeletReady", LastHeartbeatTime: now, LastTransitionTime: now}}}
		b, _ := json.Marshal(map[string]any{"status": st})
		if _, err := cs.CoreV1().Nodes().Patch(ctx, name, types.MergePatchType, b, metav1.PatchOptions{}, "status"); err != nil {
			fmt.Fprintln(os.Stderr, "fake node status:", err)
		}
		// the TaintNodesByCondition admission adds not-ready:NoSchedule at creation; take it off at once
		cs.CoreV1().Nodes().Patch(ctx, name, types.MergePatchType, []byte(`{"spec":{"taints":null}}`), metav1.PatchOptions{})
		go func() {
			for ; ; time.Sleep(10 * time.Second) {
				t, secs := metav1.NowMicro(), int32(40)
				l := &coordv1.Lease{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "kube-node-lease"},
					Spec: coordv1.LeaseSpec{HolderIdentity: &name, LeaseDurationSeconds: &secs, RenewTime: &t}}
				if cur, err := cs.CoordinationV1().Leases("kube-node-lease").Get(ctx, name, metav1.GetOptions{}); err == nil {
					cur.Spec = l.Spec
					cs.CoordinationV1().Leases("kube-node-lease").Update(ctx, cur, metav1.UpdateOptions{})
				} else {
					cs.CoordinationV1().Leases("kube-node-lease").Create(ctx, l, metav1.CreateOptions{})
				}
			}
		}()
	}
	var mu sync.Mutex
	ip := 0
	sync1 := func(o any) {
		pod, ok := o.(*v1.Pod)
		if !ok || !mine[pod.Spec.NodeName] {
			return
		}
		if pod.DeletionTimestamp != nil {
			zero := int64(0)
			cs.CoreV1().Pods(pod.Namespace).Delete(ctx, pod.Name, metav1.DeleteOptions{GracePeriodSeconds: &zero, Preconditions: &metav1.Preconditions{UID: &pod.UID}})
			return
		}
		if (pod.Status.Phase != v1.PodPending && pod.Status.Phase != "") || pod.Status.PodIP != "" {
			return
		}
		mu.Lock()
		ip++
		addr := fmt.Sprintf("10.244.%d.%d", ip/250, ip%250+1)
		mu.Unlock()
		now := metav1.Now()
		st := v1.PodStatus{Phase: v1.PodRunning, HostIP: "127.0.0.1", PodIP: addr, PodIPs: []v1.PodIP{{IP: addr}}, StartTime: &now}
		end := v1.PodPhase(pod.Annotations["fake-kubelet/phase"])
		yes := true
		state, ready := v1.ContainerState{Running: &v1.ContainerStateRunning{StartedAt: now}}, v1.ConditionTrue
		if end == v1.PodSucceeded || end == v1.PodFailed {
			st.Phase, ready = end, v1.ConditionFalse
			code, reason := int32(0), "Completed"
			if end == v1.PodFailed {
				code, reason = 1, "Error"
			}
			state = v1.ContainerState{Terminated: &v1.ContainerStateTerminated{ExitCode: code, Reason: reason, StartedAt: now, FinishedAt: now}}
		}
		waiting := pod.Annotations["fake-kubelet/waiting"]
		if waiting != "" {
			st.Phase, ready = v1.PodPending, v1.ConditionFalse
		}
		for _, c := range pod.Spec.InitContainers {
			st.InitContainerStatuses = append(st.InitContainerStatuses, v1.ContainerStatus{Name: c.Name, Image: c.Image, Ready: true,
				State: v1.ContainerState{Terminated: &v1.ContainerStateTerminated{Reason: "Completed", StartedAt: now, FinishedAt: now}}})
		}
		for _, c := range pod.Spec.Containers {
			if waiting != "" {
				st.ContainerStatuses = append(st.ContainerStatuses, v1.ContainerStatus{Name: c.Name, Image: c.Image,
					State: v1.ContainerState{Waiting: &v1.ContainerStateWaiting{Reason: waiting, Message: "as the test wants it"}}})
				continue
			}
			st.ContainerStatuses = append(st.ContainerStatuses, v1.ContainerStatus{Name: c.Name, Image: c.Image, Started: &yes,
				Ready: ready == v1.ConditionTrue, State: state, ContainerID: "fake://" + string(pod.UID) + "/" + c.Name})
		}
		for t, s := range map[v1.PodConditionType]v1.ConditionStatus{v1.PodInitialized: "True", v1.ContainersReady: ready, v1.PodReady: ready, v1.PodScheduled: "True"} {
			st.Conditions = append(st.Conditions, v1.PodCondition{Type: t, Status: s, LastTransitionTime: now})
		}
		b, _ := json.Marshal(map[string]any{"status": st})
		if _, err := cs.CoreV1().Pods(pod.Namespace).Patch(ctx, pod.Name, types.StrategicMergePatchType, b, metav1.PatchOptions{}, "status"); err != nil {
			fmt.Fprintln(os.Stderr, "fake kubelet:", err)
		}
	}
	f := informers.NewSharedInformerFactory(cs, 30*time.Second)
	f.Core().V1().Pods().Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc: sync1, UpdateFunc: func(_, o any) { sync1(o) }})
	f.Start(ctx.Done())
}
