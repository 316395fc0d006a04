package imitation

import (
	"encoding/json"
	"io"
	"net/http"
)

// controlPath begins the paths that steer an imitation from outside its process; no vendor has anything like it.
//
//	POST   /__imitation/fault       one Fault, or a list
//	DELETE /__imitation/fault       ends all faults
//	POST   /__imitation/script      one Reply, or a list
//	POST   /__imitation/pace        a Pace
//	POST   /__imitation/reset       forgets everything but stored responses
//	GET    /__imitation/requests    what arrived, as a list of Seen
//	GET    /__imitation/violations  what should not have arrived
//	GET    /__imitation/trapped     what followed a redirect
//
// While the listener is closed by a Refused fault, none of these can be reached: the executable takes the same commands
// as lines on its standard input.
const controlPath = "/__imitation/"

// oneOrMany reads a JSON value, or a list of them.
type oneOrMany[T any] []T

func (o *oneOrMany[T]) UnmarshalJSON(b []byte) error {
	var many []T
	if err := json.Unmarshal(b, &many); err == nil {
		*o = many
		return nil
	}
	var one T
	if err := json.Unmarshal(b, &one); err != nil {
		return err
	}
	*o = []T{one}
	return nil
}

func (v *Vendor) control(w http.ResponseWriter, r *http.Request) {
	what := r.URL.Path[len(controlPath):]
	w.Header().Set("Content-Type", "application/json")
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody))
	var answer any = obj{"ok": true}
	if err == nil {
		switch r.Method + " " + what {
		case "GET requests":
			answer = v.Requests()
		case "GET violations":
			answer = append([]string{}, v.Violations()...)
		case "GET trapped":
			answer = append([]Seen{}, v.Trapped()...)
		case "DELETE fault":
			err = v.Command("clear", nil)
		case "POST fault", "POST script", "POST pace", "POST reset":
			err = v.Command(what, body)
		default:
			w.WriteHeader(http.StatusNotFound)
			answer = obj{"error": "no such control path: " + r.Method + " " + r.URL.Path}
		}
	}
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		answer = obj{"error": err.Error()}
	}
	_ = json.NewEncoder(w).Encode(answer)
}

// Command does what a control path does: "fault", "script", "pace" with a JSON body, "clear", "reset", "accept".
func (v *Vendor) Command(what string, body []byte) error {
	switch what {
	case "fault":
		var f oneOrMany[Fault]
		if err := json.Unmarshal(body, &f); err != nil {
			return err
		}
		for _, x := range f {
			if err := x.Known(); err != nil {
				return err
			}
		}
		v.Fault(f...)
	case "script":
		var r oneOrMany[Reply]
		if err := json.Unmarshal(body, &r); err != nil {
			return err
		}
		v.Script(r...)
	case "pace":
		var p Pace
		if err := json.Unmarshal(body, &p); err != nil {
			return err
		}
		v.Pace(p)
	case "clear":
		return v.Clear()
	case "reset":
		v.Reset()
	case "accept":
		return v.Accept()
	default:
		return errUnknownCommand(what)
	}
	return nil
}

type errUnknownCommand string

func (e errUnknownCommand) Error() string {
	return "unknown command " + string(e) + ": use fault, script, pace, clear, reset or accept"
}
