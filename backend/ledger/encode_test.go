package ledger

import (
	"encoding/json"
	"math"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"metapi/backend/routing"
)

// draw gives every field of v, however deep, a drawn value: also one that was added today.
func draw(t *rapid.T, v reflect.Value) {
	if rapid.IntRange(0, 3).Draw(t, "leave empty") == 0 {
		return
	}
	switch v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "s"), rapid.Int64Range(0, 999_999_999).Draw(t, "ns")).UTC()))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			draw(t, v.Field(i))
		}
	case reflect.Slice:
		n := rapid.IntRange(0, 3).Draw(t, "n")
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		for i := range n {
			draw(t, v.Index(i))
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		draw(t, v.Elem())
	case reflect.String:
		v.SetString(rapid.String().Draw(t, "text"))
	case reflect.Bool:
		v.SetBool(rapid.Bool().Draw(t, "flag"))
	case reflect.Int, reflect.Int64:
		v.SetInt(rapid.Int64().Draw(t, "number"))
	case reflect.Uint8: // a protocol or an operation
		v.SetUint(rapid.Uint64Range(0, 4).Draw(t, "word"))
	case reflect.Float64:
		v.SetFloat(rapid.Float64().Draw(t, "figure"))
	default:
		t.Fatalf("a record has a %v, which this test cannot fill", v.Type())
	}
}

func TestAppendRecordIsWhatJSONWrites(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var r routing.Record
		draw(t, reflect.ValueOf(&r).Elem())
		want, err := json.Marshal(r)
		got, ours := appendRecord(nil, &r)
		if (err != nil) != (ours != nil) {
			t.Fatalf("encoding/json: %v; ours: %v", err, ours)
		}
		if err != nil {
			return
		}
		var a, b any
		if err := json.Unmarshal(got, &a); err != nil {
			t.Fatalf("%v in %s", err, got)
		}
		if err := json.Unmarshal(want, &b); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(a, b) {
			t.Fatalf("ours\n%s\nencoding/json\n%s", got, want)
		}
	})
}

func TestAppendRecordRefusesWhatIsNoNumber(t *testing.T) {
	for _, f := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		if _, err := appendRecord(nil, &routing.Record{Cost: routing.Cost{USD: f}}); err == nil {
			t.Errorf("%v is written", f)
		}
	}
}
