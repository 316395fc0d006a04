package tray

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"metapi/tray/menu"
)

// process is one life of the helper.
type process struct {
	path     string
	temp     string // a folder for its temporary files, which it leaves behind when it is killed
	patience time.Duration
	log      *slog.Logger

	menus   *latest
	ready   func(pid int)
	click   func(id string)
	missing <-chan int // brings the pid of a helper whose icon has not come

	pid int

	reports chan menu.Report
}

// errStopped says that the helper ended because it was told to.
var errStopped = errors.New("the tray program was stopped")

// live starts the helper, and feeds it menus until it ends or the context does; then it returns why it ended. The helper is gone when live
// returns, and so is its folder.
func (p *process) live(ctx context.Context) error {
	if err := p.clear(); err != nil {
		return err
	}
	defer os.RemoveAll(p.temp)
	cmd := exec.Command(p.path)
	cmd.Env = append(os.Environ(), "TMPDIR="+p.temp, "TMP="+p.temp, "TEMP="+p.temp)
	words := &tail{}
	p.reports = make(chan menu.Report, 16)
	gone := make(chan struct{})
	cmd.Stdout, cmd.Stderr = &lines{each: func(b []byte) { p.heard(b, gone) }}, words
	cmd.WaitDelay = time.Second // a child of the helper's may hold its stdout open
	hideConsole(cmd)
	in, err := cmd.StdinPipe()
	if err != nil {
		return fmt.Errorf("the tray program cannot be started: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("the tray program cannot be started: %w", err)
	}
	p.pid = cmd.Process.Pid
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()

	feeding, enough := context.WithCancel(ctx)
	var why error // to be read once fed is closed
	fed := make(chan struct{})
	go func() {
		defer close(fed)
		why = p.feed(feeding, in)
	}()

	var exit error
	running := true
	select {
	case exit = <-ended:
		running = false
	case <-fed:
	}
	close(gone)
	enough()
	in.Close() // this tells the helper to end
	if running {
		grace := p.patience / 5 // to take its icon away
		if errors.Is(why, errHangs) {
			grace = 0
		}
		select {
		case exit = <-ended:
		case <-time.After(grace):
			cmd.Process.Kill()
			exit = <-ended
		}
	}
	<-fed
	if ctx.Err() != nil {
		return errStopped
	}
	if why != nil {
		return why
	}
	return ending(exit, words.String())
}

// ending says how a helper ended that was not told to, with its last words.
func ending(exit error, words string) error {
	if words != "" {
		words = ": " + words
	}
	if exit == nil {
		return fmt.Errorf("the tray program ended by itself%s", words)
	}
	return fmt.Errorf("the tray program ended (%w)%s", exit, words)
}

// clear makes the folder for temporary files, empty.
func (p *process) clear() error {
	if err := os.RemoveAll(p.temp); err != nil {
		return fmt.Errorf("the tray's folder cannot be emptied: %w", err)
	}
	if err := os.MkdirAll(p.temp, 0o700); err != nil {
		return fmt.Errorf("the tray's folder cannot be made: %w", err)
	}
	return nil
}

// startTimes is how many times longer the helper may take to start than to answer: it is started while everything else of a desktop is.
const startTimes = 3

var (
	errHangs   = errors.New("the tray program does not answer, and was ended")
	errVersion = errors.New("the tray program is of another version than Metapi: install Metapi again")
)

// feed writes the newest menu whenever there is one, and waits each time until the helper has shown it. It returns nil when the context ends
// or a write fails, since then the process itself tells why.
func (p *process) feed(ctx context.Context, in io.Writer) error {
	failed := make(chan struct{}, 1)
	alarm := time.NewTimer(startTimes * p.patience) // for what is awaited
	defer alarm.Stop()
	ready, awaited := false, int64(0) // awaited: the number of the menu that is not shown yet
	for {
		var next <-chan struct{}
		if ready && awaited == 0 {
			next = p.menus.changed
		}
		select {
		case <-ctx.Done():
			return nil
		case <-failed:
			return nil
		case <-alarm.C:
			if !ready || awaited != 0 {
				return errHangs
			}
		case r := <-p.reports:
			switch {
			case r.Ready != 0 && r.Ready != menu.Protocol:
				return errVersion
			case r.Ready != 0:
				ready = true
				p.menus.again() // this helper has not seen it
				p.ready(p.pid)
			case r.Shown != 0 && r.Shown == awaited:
				awaited = 0
			}
		case pid := <-p.missing:
			if pid == p.pid {
				return errMissing
			}
		case <-next:
			seq, b := p.menus.take()
			awaited = seq
			alarm.Reset(p.patience)
			// Where the helper does not read, this waits until the pipe is closed, here or by the helper's end.
			go func() {
				if _, err := in.Write(b); err != nil {
					select {
					case failed <- struct{}{}:
					default:
					}
				}
			}()
		}
	}
}

// heard takes a line of the helper's stdout. What is no report comes from the libraries that it links.
func (p *process) heard(b []byte, gone <-chan struct{}) {
	var r menu.Report
	if err := json.Unmarshal(b, &r); err != nil {
		p.log.Debug("the tray program says", "line", string(b))
		return
	}
	if r.Click != "" {
		p.click(r.Click)
		return
	}
	select {
	case p.reports <- r:
	case <-gone:
	}
}

// maxLine bounds what is kept of a line; reports are far shorter.
const maxLine = 64 << 10

// lines is a writer that hands on whole lines.
type lines struct {
	each func([]byte)
	part []byte
}

func (l *lines) Write(b []byte) (int, error) {
	n := len(b)
	for {
		i := bytes.IndexByte(b, '\n')
		if i < 0 {
			if len(l.part)+len(b) <= maxLine {
				l.part = append(l.part, b...)
			}
			return n, nil
		}
		l.each(append(l.part, b[:i]...))
		l.part, b = l.part[:0], b[i+1:]
	}
}

// tail is a writer that keeps the end of what is written: the last words of a process.
type tail struct {
	mu sync.Mutex // something that the process has left behind may still write
	b  []byte
}

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.b = append(t.b, b...)
	if over := len(t.b) - 2000; over > 0 {
		t.b = append(t.b[:0], t.b[over:]...)
	}
	return len(b), nil
}

// String is the last line.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	all := strings.Split(strings.TrimSpace(string(t.b)), "\n")
	return line(all[len(all)-1], 200)
}
