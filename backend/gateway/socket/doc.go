// Package socket reads and writes TCP connections at the least cost to Go's scheduler.
//
// Before a system call the runtime makes ready for losing the thread to it, and where the program was idle it wakes its
// monitor for that: a futex call and, on a small machine, a thread that takes the CPU from the one that was about to
// read. A gateway is idle before nearly every request and every chunk of a stream, so it pays each time. But a socket of
// Go's never blocks: where there is nothing to read the call says so at once, and the goroutine is parked until there is.
// So here the calls are made as the runtime makes its own, without a word to the scheduler. Measured on two cores, with
// a chunk of a stream every 2 ms: 0.15 futex calls to a chunk instead of 1.8, and a quarter less added to it.
//
// The price is that the monitor sleeps on. It would take the CPU from a goroutine that computes for more than 10 ms, as
// looking at a body of tens of megabytes does; now that may wait for the next timer or file.
//
// All this is so on Linux. On BSD systems, and under the race detector, which wants to see what is read and written, the
// calls are made by package syscall. Elsewhere no connection is a [Conn].
package socket
