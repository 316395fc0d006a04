package pac

import (
	"net/netip"
	"path"
	"slices"
	"strings"
	"time"
)

// helpers are the functions that scripts of this kind are promised.
var helpers = map[string]builtin{
	"isPlainHostName": func(_ *machine, _ any, args []any) any { return !strings.Contains(text(arg(args, 0)), ".") },
	"dnsDomainIs": func(_ *machine, _ any, args []any) any {
		return strings.HasSuffix(strings.ToLower(text(arg(args, 0))), strings.ToLower(text(arg(args, 1))))
	},
	"localHostOrDomainIs": func(_ *machine, _ any, args []any) any {
		host, domain := strings.ToLower(text(arg(args, 0))), strings.ToLower(text(arg(args, 1)))
		return host == domain || !strings.Contains(host, ".") && strings.HasPrefix(domain, host+".")
	},
	"dnsDomainLevels": func(_ *machine, _ any, args []any) any { return float64(strings.Count(text(arg(args, 0)), ".")) },
	"shExpMatch": func(_ *machine, _ any, args []any) any {
		// A star stands for slashes as well, unlike for files.
		noSlash := strings.NewReplacer("/", "\x00")
		ok, err := path.Match(noSlash.Replace(text(arg(args, 1))), noSlash.Replace(text(arg(args, 0))))
		return ok && err == nil
	},
	"isResolvable":   func(m *machine, _ any, args []any) any { return len(m.lookup(arg(args, 0), true)) > 0 },
	"isResolvableEx": func(m *machine, _ any, args []any) any { return len(m.lookup(arg(args, 0), false)) > 0 },
	"dnsResolve": func(m *machine, _ any, args []any) any {
		if ips := m.lookup(arg(args, 0), true); len(ips) > 0 {
			return ips[0].String()
		}
		return null{}
	},
	"dnsResolveEx": func(m *machine, _ any, args []any) any {
		var list []string
		for _, ip := range m.lookup(arg(args, 0), false) {
			list = append(list, ip.String())
		}
		return strings.Join(list, ";")
	},
	"myIpAddress":   func(m *machine, _ any, _ []any) any { return m.env.MyIP().String() },
	"myIpAddressEx": func(m *machine, _ any, _ []any) any { return m.env.MyIP().String() },
	"isInNet": func(m *machine, _ any, args []any) any {
		pattern, err1 := netip.ParseAddr(text(arg(args, 1)))
		mask, err2 := netip.ParseAddr(text(arg(args, 2)))
		ips := m.lookup(arg(args, 0), true)
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
	"isInNetEx": func(m *machine, _ any, args []any) any {
		prefix, err := netip.ParsePrefix(text(arg(args, 1)))
		return err == nil && slices.ContainsFunc(m.lookup(arg(args, 0), false), prefix.Masked().Contains)
	},
	"convert_addr": func(_ *machine, _ any, args []any) any {
		ip, err := netip.ParseAddr(text(arg(args, 0)))
		if err != nil || !ip.Is4() {
			return 0.0
		}
		b := ip.As4()
		return float64(uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3]))
	},
	"weekdayRange": func(m *machine, _ any, args []any) any {
		now, args := m.clock(args)
		from := slices.Index(days, strings.ToUpper(text(arg(args, 0))))
		to := from
		if len(args) > 1 {
			to = slices.Index(days, strings.ToUpper(text(args[1])))
		}
		return from >= 0 && to >= 0 && between(int(now.Weekday()), from, to)
	},
	"timeRange": func(m *machine, _ any, args []any) any {
		now, args := m.clock(args)
		n := make([]int, len(args))
		for i, a := range args {
			n[i] = whole(a)
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
	"dateRange": func(m *machine, _ any, args []any) any {
		now, args := m.clock(args)
		return dateRange(now, args)
	},
}

var (
	days   = strings.Fields("SUN MON TUE WED THU FRI SAT")
	months = strings.Fields("JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC")
)

// clock is the time that a range is about: here, or in UTC where the last argument is "GMT".
func (m *machine) clock(args []any) (time.Time, []any) {
	now := m.env.Now()
	if n := len(args); n > 0 && strings.EqualFold(text(args[n-1]), "GMT") {
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
func dateRange(now time.Time, args []any) bool {
	half := args
	if len(args) > 1 && len(args)%2 == 0 {
		half = args[:len(args)/2]
	}
	// A date as one number; what is not given is as today, and does not count.
	read := func(args []any) (v int, ok bool) {
		year, mon, day := now.Year(), int(now.Month()), now.Day()
		hasYear, hasMonth, hasDay := false, false, false
		for _, a := range args {
			if i := slices.Index(months, strings.ToUpper(text(a))); i >= 0 {
				mon, hasMonth = i+1, true
			} else if n := whole(a); n > 31 {
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

const maxLookups = 20

// lookup finds the addresses of a host. Those that cannot be found are none.
func (m *machine) lookup(host any, only4 bool) []netip.Addr {
	name := text(host)
	var ips []netip.Addr
	if ip, err := netip.ParseAddr(name); err == nil {
		ips = []netip.Addr{ip}
	} else {
		m.steps += maxSteps / maxLookups // so many at most
		m.step()
		ips, _ = m.env.Lookup(m.ctx, name)
		if m.ctx.Err() != nil {
			panic(limit{m.ctx.Err()})
		}
	}
	out := make([]netip.Addr, 0, len(ips))
	for _, ip := range ips {
		if ip = ip.Unmap(); ip.Is4() || !only4 {
			out = append(out, ip)
		}
	}
	return out
}
