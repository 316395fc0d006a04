package scores

import "bytes"

// Prompt is what [Classify] looks at.
type Prompt struct {
	Tools  bool   // tools are declared
	Schema bool   // the answer must follow a JSON schema
	Size   int    // of what is asked, in bytes
	Text   []byte // of it, the beginning and the end
}

// clue is what a word speaks for.
type clue uint8

const (
	nothing clue = iota
	editing
	coding
	mathematics
	deduction
	composing
	extracting
	translating
	condensing
	english
	foreign
	clues
)

// vocabulary is what words speak for, by their keys.
var vocabulary = func() map[uint64]clue {
	all := map[uint64]clue{}
	for c, list := range map[clue]string{
		editing: "fix refactor implement rename replace add remove update modify patch debug rewrite optimize optimise port migrate change",
		coding: "function class method bug compile compiler traceback exception code regex sql script variable array struct pointer goroutine async " +
			"api endpoint repository pytest npm docker kubernetes python javascript typescript golang rust java kotlin html css",
		mathematics: "solve integral derivative equation theorem prove proof polynomial matrix probability modulo sqrt frac algebra triangle divisible integers",
		deduction:   "puzzle riddle logic deduce logically premises therefore syllogism paradox liar",
		composing:   "essay poem story email letter blog article tweet headline slogan speech proofread rephrase lyrics novel draft haiku sonnet",
		extracting:  "json csv yaml extract fields parse classify label",
		translating: "translate translation traduce traduzca traduis traduire traduci traduza uebersetze",
		condensing:  "summarize summarise summary tldr condense riassumi resumen",
		english:     "the and of to is that for with you what how this are it please can i from",
		foreign: "der und ist nicht das ein eine ich wie mit auf von bitte les est une que je pour dans avec qui vous sur des el los las una por como con para " +
			"del il di che per sono della non uma com os voce een het van niet dat jest nie jak czy",
	} {
		for word := range bytes.FieldsSeq([]byte(list)) {
			all[keyOf(word)] = c
		}
	}
	return all
}()

// sources are the ends of the names of files that hold code.
var sources = map[string]bool{"go": true, "py": true, "ts": true, "tsx": true, "js": true, "jsx": true, "java": true, "rs": true, "c": true, "h": true, "cpp": true,
	"cs": true, "rb": true, "php": true, "sh": true, "sql": true, "css": true, "html": true, "kt": true, "swift": true, "toml": true}

const (
	longText = 4000 // bytes from which on a summary is one of a long text
	scripts  = 6    // one byte in so many beyond ASCII: it is not written in Latin letters, or with many accents
)

// Classify says what kind of answer a prompt asks for. What no rule knows is [Other].
func Classify(p Prompt) Domain {
	if p.Tools {
		return Agentic
	}
	if p.Schema {
		return Extraction
	}
	var n [clues]int
	code, beyond, figures := bytes.Contains(p.Text, []byte("```")), 0, 0
	for i := 0; i < len(p.Text); {
		from, key, size, dot := i, uint64(0), 0, 0
		for ; i < len(p.Text) && kinds[p.Text[i]] != 0; i++ {
			switch c := p.Text[i]; kinds[c] {
			case letter:
				key = key<<5 | uint64(c&31)
				size++
			case wide:
				beyond++
			case figure:
				figures++
			case mark:
				if c == '.' {
					dot = i
				}
			}
		}
		if size > 0 && size <= longestWord {
			n[vocabulary[key]]++
		}
		if dot > from && dot+1 < i && sources[string(p.Text[dot+1:i])] {
			code = true
		}
		if i == from {
			i++
		}
	}
	switch {
	case n[translating] > 0 && !code:
		return Translation
	case n[extracting] > 1 && !code:
		return Extraction
	case (code || n[coding] > 1) && n[editing] > 0:
		return CodeEdit
	case code || n[coding] > 1:
		return CodeQuestion
	case n[condensing] > 0 && p.Size >= longText:
		return Summary
	case n[mathematics] > 1 || n[mathematics] > 0 && figures > 1:
		return Math
	case beyond*scripts > len(p.Text) || n[foreign] > 2 && n[foreign] > 2*n[english]:
		return Foreign
	case n[deduction] > 0:
		return Reasoning
	case n[composing] > 0 || n[condensing] > 0:
		return Writing
	}
	return Other
}

// What bytes are in a word, a number or a file's name; 0: they end it.
const (
	letter = iota + 1
	wide   // beyond ASCII
	figure
	mark
)

var kinds = func() (kinds [256]uint8) {
	for c := range 256 {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z':
			kinds[c] = letter
		case c >= 0x80:
			kinds[c] = wide
		case c >= '0' && c <= '9', c == '=':
			kinds[c] = figure
		case c == '.', c == '_', c == '/':
			kinds[c] = mark
		}
	}
	return kinds
}()

// longestWord is how many letters of five bits a key holds.
const longestWord = 12

// keyOf is a word in lower case as a number.
func keyOf(word []byte) (key uint64) {
	for _, c := range word {
		key = key<<5 | uint64(c&31)
	}
	return key
}
