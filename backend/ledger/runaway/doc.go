// Package runaway notices tools that have run away: that ask the same again and again, or use far more than they ever did.
//
// [Guard.Watch] looks at each request once it has ended. Three things raise an alarm:
//
//   - many requests of one client within ten minutes that differ in nothing but digits (times and counters, mostly);
//   - many turns of one session in a row that grow by the same amount and are answered by the same amount: an agent that does the same thing over and over;
//   - more tokens within ten minutes than several of the client's busiest hours, and than a limit that nobody reaches by hand.
//
// The limits are generous: agents work in parallel bursts, and a guard that cries wolf is switched off. After an alarm a client raises none for an hour.
//
// What it costs: counting, always; bodies are read only of clients that have already sent many of one size.
package runaway
