package network

import "time"

// jump is by how much the two clocks may drift apart before it was sleep. Setting a clock does it, too, which costs a few fresh connections.
const jump = 10 * time.Second

// lookEvery is how often, while calls are made, what the system says and the certificates are looked at again.
const lookEvery = 30 * time.Second

// pulse is taken before each call: has this machine slept, and is it time to look around? It makes no system call.
func (n *Network) pulse() {
	mono := n.Mono()
	drift := n.Wall().UnixNano() - int64(mono)
	if was := n.drift.Load(); time.Duration(drift-was).Abs() > jump && n.drift.CompareAndSwap(was, drift) {
		n.woke()
	}
	if was := n.looked.Load(); mono-time.Duration(was) > lookEvery && n.looked.CompareAndSwap(was, int64(mono)) {
		n.run(n.lookAround)
	}
}

// woke leaves all connections behind. What runs on them goes on; what comes is not put beside it, since the other end may be gone.
func (n *Network) woke() {
	n.Log.Info("this machine has slept, or its clock was set: connections are made anew")
	n.renew()
	if n.OnWake != nil {
		n.run(n.OnWake)
	}
}
