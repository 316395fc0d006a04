package pac

import (
	"net/netip"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/dop251/goja"
)

// helpers are the functions that scripts of this kind are promised.
var helpers = map[string]func(r *run, c goja.FunctionCall) any{
	"alert":           func(*run, goja.FunctionCall) any { return goja.Undefined() },
	"isPlainHostName": func(_ *run, c goja.FunctionCall) any { return !strings.Contains(c.Argument(0).String(), ".") },
	"dnsDomainIs": func(_ *run, c goja.FunctionCall) any {
		return strings.HasSuffix(strings.ToLower(c.Argument(0).String()), strings.ToLower(c.Argument(1).String()))
	},
	"localHostOrDomainIs": func(_ *run, c goja.FunctionCall) any {
		host, domain := strings.ToLower(c.Argument(0).String()), strings.ToLower(c.Argument(1).String())
		return host == domain || !strings.Contains(host, ".") && strings.HasPrefix(domain, host+".")
	},
	"dnsDomainLevels": func(_ *run, c goja.FunctionCall) any { return float64(strings.Count(c.Argument(0).String(), ".")) },
	"shExpMatch": func(_ *run, c goja.FunctionCall) any {
		// A star stands for slashes as well, unlike for files.
		noSlash := strings.NewReplacer("/", "\x00")
		ok, err := path.Match(noSlash.Replace(c.Argument(1).String()), noSlash.Replace(c.Argument(0).String()))
		return ok && err == nil
	},
	"isResolvable":   func(r *run, c goja.FunctionCall) any { return len(r.lookup(c.Argument(0), true)) > 0 },
	"isResolvableEx": func(r *run, c goja.FunctionCall) any { return len(r.lookup(c.Argument(0), false)) > 0 },
	"dnsResolve": func(r *run, c goja.FunctionCall) any {
		if ips := r.lookup(c.Argument(0), true); len(ips) > 0 {
			return ips[0].String()
		}
		return nil
	},
	"dnsResolveEx": func(r *run, c goja.FunctionCall) any {
		var list []string
		for _, ip := range r.lookup(c.Argument(0), false) {
			list = append(list, ip.String())
		}
		return strings.Join(list, ";")
	},
	"myIpAddress":   func(r *run, _ goja.FunctionCall) any { return r.env.MyIP().String() },
	"myIpAddressEx": func(r *run, _ goja.FunctionCall) any { return r.env.MyIP().String() },
	"isInNet": func(r *run, c goja.FunctionCall) any {
		pattern, err1 := netip.ParseAddr(c.Argument(1).String())
		mask, err2 := netip.ParseAddr(c.Argument(2).String())
		ips := r.lookup(c.Argument(0), true)
		if err1 != nil || err2 != nil || !pattern.Is4() || !mask.Is4() || len(ips) == 0 {
			return false
		}
		ip, p, k := ips[0].As4(), pattern.As4(), mask.As4()
		for i := range ip {
			if ip[i]&k[i] != p[i]&k[i] {
				return false
			}
		}
		return true
	},
	"isInNetEx": func(r *run, c goja.FunctionCall) any {
		prefix, err := netip.ParsePrefix(c.Argument(1).String())
		return err == nil && slices.ContainsFunc(r.lookup(c.Argument(0), false), prefix.Masked().Contains)
	},
	"convert_addr": func(_ *run, c goja.FunctionCall) any {
		ip, err := netip.ParseAddr(c.Argument(0).String())
		if err != nil || !ip.Is4() {
			return 0.0
		}
		b := ip.As4()
		return float64(uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3]))
	},
	"weekdayRange": func(r *run, c goja.FunctionCall) any {
		now, args := r.clock(c.Arguments)
		if len(args) == 0 {
			return false
		}
		from, to := day(args[0]), day(args[len(args)-1])
		return from >= 0 && to >= 0 && between(int(now.Weekday()), from, to)
	},
	"timeRange": func(r *run, c goja.FunctionCall) any {
		now, args := r.clock(c.Arguments)
		n := make([]int, len(args))
		for i, a := range args {
			n[i] = int(a.ToInteger())
		}
		at := now.Hour()*3600 + now.Minute()*60 + now.Second()
		switch len(n) {
		case 1:
			return now.Hour() == n[0]
		case 2: // hours, the second not included
			return n[0] == n[1] || between(at, n[0]*3600, n[1]*3600-1)
		case 4:
			return between(at, n[0]*3600+n[1]*60, n[2]*3600+n[3]*60)
		case 6:
			return between(at, n[0]*3600+n[1]*60+n[2], n[3]*3600+n[4]*60+n[5])
		}
		return false
	},
	"dateRange": func(r *run, c goja.FunctionCall) any {
		now, args := r.clock(c.Arguments)
		return dateRange(now, args)
	},
}

var (
	days   = strings.Fields("SUN MON TUE WED THU FRI SAT")
	months = strings.Fields("JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC")
)

func day(v goja.Value) int { return slices.Index(days, strings.ToUpper(v.String())) }

// clock is the time that a range is about: here, or in UTC where the last argument is "GMT".
func (r *run) clock(args []goja.Value) (time.Time, []goja.Value) {
	now := r.env.Now()
	if n := len(args); n > 0 && strings.EqualFold(args[n-1].String(), "GMT") {
		return now.UTC(), args[:n-1]
	}
	return now.Local(), args
}

// between reports whether v is in a range that may go over the end of the week, day or year.
func between(v, from, to int) bool {
	if from <= to {
		return from <= v && v <= to
	}
	return v >= from || v <= to
}

// dateRange knows days, months and years, each alone or together, once or as a range.
func dateRange(now time.Time, args []goja.Value) bool {
	half := args
	if len(args) > 1 && len(args)%2 == 0 {
		half = args[:len(args)/2]
	}
	// A date as one number; what is not given is as today, and does not count.
	read := func(args []goja.Value) (v int, ok bool) {
		year, mon, day := now.Year(), int(now.Month()), now.Day()
		hasYear, hasMonth, hasDay := false, false, false
		for _, a := range args {
			if i := slices.Index(months, strings.ToUpper(a.String())); i >= 0 {
				mon, hasMonth = i+1, true
			} else if n := int(a.ToInteger()); n > 31 {
				year, hasYear = n, true
			} else if n > 0 {
				day, hasDay = n, true
			} else {
				return 0, false
			}
		}
		if !hasYear {
			year = 0
		}
		if !hasMonth && !(hasYear && hasDay) {
			mon = 0
		}
		if !hasDay {
			day = 0
		}
		return year*10000 + mon*100 + day, true
	}
	today := func(like int) int {
		v := 0
		if like/10000 > 0 {
			v += now.Year() * 10000
		}
		if like/100%100 > 0 {
			v += int(now.Month()) * 100
		}
		if like%100 > 0 {
			v += now.Day()
		}
		return v
	}
	from, ok1 := read(half)
	to, ok2 := read(args[len(args)-len(half):])
	return len(args) > 0 && ok1 && ok2 && between(today(from), from, to)
}

// lookup finds the addresses of a host. Those that cannot be found are none.
func (r *run) lookup(host goja.Value, only4 bool) []netip.Addr {
	name := host.String()
	var ips []netip.Addr
	if ip, err := netip.ParseAddr(name); err == nil {
		ips = []netip.Addr{ip}
	} else {
		if r.lookups++; r.lookups > maxLookups {
			r.stop(errLookups)
			return nil
		}
		r.waiting.Lock()
		before := heap()
		ips, _ = r.env.Lookup(r.ctx, name)
		r.others += heap() - before
		r.waiting.Unlock()
	}
	out := make([]netip.Addr, 0, len(ips))
	for _, ip := range ips {
		if ip = ip.Unmap(); ip.Is4() || !only4 {
			out = append(out, ip)
		}
	}
	return out
}
