package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
)

// component is a part of Kubernetes that runs as a child of this program, from the same binary.
type component struct {
	cmd   *exec.Cmd
	ended chan struct{}
	// stopping is set before the child is ended on purpose.
	stopping bool
}

var (
	mu       sync.Mutex
	children = map[*component]bool{}
	// garbage is removed at the end: nobody is left to do it when the parent died.
	garbage string
)

// start runs a component with its output appended to DIR/NAME.log. It dies with this program, whatever happens: the caller
// must be the locked main thread, since the kernel sends the signal when the thread that made the child ends.
func start(dir, name string, args ...string) *component {
	log, err := os.OpenFile(filepath.Join(dir, name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	must(err)
	defer log.Close()
	c := &component{cmd: exec.Command("/proc/self/exe", append([]string{name}, args...)...), ended: make(chan struct{})}
	c.cmd.Stdout, c.cmd.Stderr = log, log
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	must(c.cmd.Start())
	mu.Lock()
	children[c] = true
	mu.Unlock()
	go func() {
		err := c.cmd.Wait()
		close(c.ended)
		mu.Lock()
		delete(children, c)
		expected := c.stopping
		mu.Unlock()
		if !expected {
			fmt.Fprintf(os.Stderr, "kontrol: %s ended: %v, see %s\n", name, err, log.Name())
			shutdown(1)
		}
	}()
	return c
}

// kill ends a component at once, as a crash does.
func (c *component) kill() {
	mu.Lock()
	c.stopping = true
	mu.Unlock()
	c.cmd.Process.Kill()
	<-c.ended
}

func shutdown(code int) {
	mu.Lock()
	for c := range children {
		c.stopping = true
		c.cmd.Process.Kill()
	}
	mu.Unlock()
	if garbage != "" {
		os.RemoveAll(garbage)
	}
	os.Exit(code)
}
