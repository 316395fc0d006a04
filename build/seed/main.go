// Command seed writes requests into the ledger of a data folder that nobody has open, so that the pages can be tested with as many
// as people have after a year.
//
//	go run ./build/seed -dir DATA -n 20000 -days 30 -clients c_1,c_2 -accounts a_1,a_2
//
// They are spread evenly over the days, oldest first. Of a hundred, one fails, and one fails at the account before and is then served.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"strings"
	"time"

	"metapi/backend/ledger"
	"metapi/backend/protocol"
	"metapi/backend/routing"
	"metapi/backend/store"
)

func main() {
	log.SetFlags(0)
	dir := flag.String("dir", "", "the data folder")
	n := flag.Int("n", 20_000, "requests")
	days := flag.Int("days", 30, "days until now that they are spread over")
	clients := flag.String("clients", "client", "ids, by comma")
	accounts := flag.String("accounts", "account", "ids, by comma")
	flag.Parse()
	if err := seed(*dir, *n, *days, strings.Split(*clients, ","), strings.Split(*accounts, ",")); err != nil {
		log.Fatal(err)
	}
}

func seed(dir string, n, days int, clients, accounts []string) error {
	st, err := store.Open(dir, store.WithBackupEvery(0))
	if err != nil {
		return err
	}
	defer st.Close()
	l, err := ledger.Open(dir, st)
	if err != nil {
		return err
	}
	step := time.Duration(days) * 24 * time.Hour / time.Duration(n)
	start := time.Now().Add(-step * time.Duration(n))
	for i := range n {
		l.Settle(record(i, start.Add(step*time.Duration(i)), clients, accounts))
		if i%4000 == 3999 {
			if err := l.Flush(context.Background()); err != nil {
				return err
			}
		}
	}
	return l.Close()
}

// record is request number i. What it is varies by its number, so that a test knows how many there are of a kind.
func record(i int, at time.Time, clients, accounts []string) *routing.Record {
	usage := protocol.Usage{Input: int64(800 + i%400), CacheRead: int64(i % 3 * 1000), Output: int64(100 + i%50)}
	cost := routing.Cost{USD: float64(1+i%9) / 1000}
	took := time.Duration(600+i%1400) * time.Millisecond
	r := &routing.Record{
		ID: routing.NewID(at), Start: at, End: at.Add(took), State: routing.OK, Client: clients[i%len(clients)], Protocol: protocol.OpenAIChat,
		Stream: true, Model: fmt.Sprintf("model-%02d", i/7%12), Mode: "failover", Status: 200, FirstByte: took / 3, Usage: usage, Cost: cost,
		Attempts: []routing.Attempt{{Account: accounts[i/3%len(accounts)], Took: took, FirstByte: took / 3, Status: 200, Finish: "stop", Usage: usage, Cost: cost}},
	}
	r.Asked = r.Model
	switch last := &r.Attempts[0]; i % 100 {
	case 17:
		r.State, r.Status, r.Error = routing.Failed, 502, "The upstream answered with an error."
		last.Status, last.Kind, last.Error, last.Usage, last.Cost = 502, "upstream", r.Error, protocol.Usage{}, routing.Cost{}
		r.Usage, r.Cost = protocol.Usage{}, routing.Cost{}
	case 42:
		first := routing.Attempt{Account: accounts[(i/3+1)%len(accounts)], Took: took / 4, Status: 429, Kind: "rate-limit", Error: "Rate limit reached."}
		last.Start, last.Took, last.FirstByte = took/4, took-took/4, took/6
		r.Attempts = []routing.Attempt{first, *last}
	}
	for k := range r.Attempts {
		a := &r.Attempts[k]
		a.Deployment, a.Upstream = a.Account+"/"+r.Model, r.Model
	}
	return r
}
