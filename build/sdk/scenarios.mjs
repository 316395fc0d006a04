// The rows of the table: what is asked through a column, and what must come of it.
import assert from 'node:assert/strict'
import { kept } from './heard.mjs'
import { echo, ms } from './imitation.mjs'
import { eventually } from './matrix.mjs'

const question = 'Was heißt 你好? 🙂'
const weather = {
  name: 'get_weather',
  schema: { type: 'object', properties: { city: { type: 'string' }, days: { type: 'array', items: { type: 'integer' } } }, required: ['city'] },
}
const weatherArgs = { city: 'Zürich "Süd" 👩🏽‍💻', days: [1, 2, 3], nested: { backslash: '\\', empty: {} } }
/** A call of the tool, as a vendor makes it. */
const called = (args) => ({ name: weather.name, arguments: JSON.stringify(args) })
const pdf = Buffer.from('%PDF-1.4\n%âãÏÓ\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF').toString('base64')
const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=='
const answerSchema = {
  type: 'object',
  properties: {
    title: { type: 'string', description: 'Größe' }, count: { type: 'integer' }, kind: { type: 'string', enum: ['a', 'b'] },
    list: { type: 'array', items: { type: 'object', properties: { x: { type: 'number' } }, required: ['x'], additionalProperties: false } },
  },
  required: ['title', 'count', 'kind', 'list'], additionalProperties: false,
}
/** A schema that says nothing of other properties. */
const open = ({ additionalProperties, ...s }) => Object.fromEntries(Object.entries(s).map(([k, v]) =>
  [k, v && typeof v === 'object' && !Array.isArray(v) ? open(v) : v]))
const answerValue = { title: 'Zürich 🏔️', count: 3, kind: 'b', list: [{ x: 1.5 }, { x: 2 }] }
const long = 'Größe 你好，世界 👩🏽‍💻 "quoted" \\ \n'.repeat(4200)
const user = (text) => [{ user: text }]
const modes = [['plain', false], ['streamed', true]]

/** Asks both ways, the upstream being as it was made by before. */
async function both(c, before, ask, how = modes) {
  for (const [name, stream] of how) {
    await c.at.reset()
    await before?.(stream)
    try {
      await ask(stream)
    } catch (e) {
      e.message = `${name}: ${e.message}`
      throw e
    }
  }
}

/** What an upstream says before it stops to think must reach the client while it thinks. */
async function inTime(c, options, after, on, enough) {
  await c.fault({ kind: 'stall-mid', after })
  const off = new AbortController()
  let got = ''
  const rejected = assert.rejects(c.ask({ ...options, stream: true, signal: off.signal, [on]: (piece) => { got += piece } }))
  const came = await eventually(5000, () => enough(got))
  off.abort()
  await rejected
  assert.ok(came, `while the upstream thought, there was only ${got}`)
}

/** The class and the words of an error, with no secret in them. */
async function refused(c, error, status, ask) {
  let thrown
  await assert.rejects(ask(), (e) => { thrown = e; return true })
  assert.ok(thrown instanceof error, `${thrown.name}: ${thrown.message}`)
  assert.equal(thrown.status ?? thrown.statusCode, status, thrown.message)
  if ('requestID' in thrown) assert.match(thrown.requestID ?? '', /./)
  const shown = `${thrown.message} ${JSON.stringify(thrown.error ?? thrown.responseBody ?? '')}`
  for (const secret of [...c.world.secrets, ...Object.values(c.world.localKeys)]) assert.ok(!shown.includes(secret))
  return thrown
}

/** Whether an error of a stream is of the class; Vercel's SDK hands on what the stream said, as it is. */
const thrownBy = (e, error) => error ? e instanceof error : /./.test(e.message)

/** A refusal in the upstream's own shape. */
const refusal = (kind, status, words, code = null) => JSON.stringify({
  openai: { error: { message: words, type: 'invalid_request_error', param: null, code } },
  anthropic: { type: 'error', error: { type: 'invalid_request_error', message: words } },
  gemini: { error: { code: status, message: words, status: 'INVALID_ARGUMENT' } },
}[kind])

const tooLong = {
  openai: "This model's maximum context length is 128000 tokens. However, your messages resulted in 210000 tokens.",
  anthropic: 'prompt is too long: 210000 tokens > 200000 maximum',
  gemini: 'The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).',
}

/** An error of the upstream, plain and instead of a stream: of a model of its own, of the account's key, or of the request. */
const failure = (name, { at = 'model', how = modes, fault, error, status, check }) => ({
  name: `error: ${name}`,
  test: (c) => both(c, null, async (stream) => {
    const which = `${name.replaceAll(' ', '-')}-${stream ? 'streamed' : 'plain'}`
    const asked = { turns: user(question), stream }
    if (at === 'model') asked.model = `fails-${which}`
    if (at === 'key') {
      asked.account = c.slugs[which]
      await c.refuser.fault({ ...fault(c.up), on: c.up.op, key: c.keyOf(which) })
    } else {
      await c.fault({ ...fault(c.up), model: asked.model })
    }
    const e = await refused(c, c.api.errors[error], typeof status === 'number' ? status : status[c.api.wire], () => c.ask(asked))
    await check?.(c, e)
  }, how),
})

export const scenarios = [
  {
    name: 'plain',
    async test(c) {
      const r = await c.ask({ turns: user(question) })
      assert.equal(r.text, echo(question))
      assert.equal(r.finish, c.api.finishes.stop)
      if ('requestID' in r) assert.match(r.requestID ?? '', /./)
      assert.deepEqual((await c.heard()).turns, [{ role: 'user', text: question }])
    },
  }, {
    name: 'stream',
    async test(c) {
      const deltas = []
      const r = await c.ask({ turns: user(question), stream: true, onText: (text) => deltas.push(text) })
      assert.equal(r.text, echo(question))
      assert.equal(deltas.join(''), echo(question))
      assert.ok(deltas.length > 4, `it came in ${deltas.length} pieces`)
      assert.equal(r.finish, c.api.finishes.stop)
      await inTime(c, { turns: user(question) }, 4, 'onText', (words) => words.startsWith('You said: “Was '))
    },
  }, {
    name: 'system',
    test: (c) => both(c, null, async (stream) => {
      const system = 'Antworte knapp.\nSprich 中文 🙂.'
      const r = await c.ask({ system, turns: user(question), stream })
      assert.equal(r.text, echo(question))
      const told = await c.heard()
      assert.equal(told.system, system)
      assert.deepEqual(told.turns, [{ role: 'user', text: question }])
    }),
  }, {
    name: 'multi-turn',
    test: (c) => both(c, null, async (stream) => {
      const first = await c.ask({ turns: user('eins'), stream })
      const r = await c.ask({ turns: [{ user: 'eins' }, { raw: first.raw }, { user: 'zwei 🎉' }], stream })
      assert.equal(r.text, echo('zwei 🎉'))
      const turns = (await c.heard()).turns.map((t) => t.text === kept ? { ...t, text: echo('eins') } : t)
      assert.deepEqual(turns, [{ role: 'user', text: 'eins' }, { role: 'assistant', text: echo('eins') }, { role: 'user', text: 'zwei 🎉' }])
    }),
  }, {
    name: 'tool round trip',
    test: (c) => both(c, () => c.at.script({ text: 'Let me look.', calls: [called(weatherArgs)] }), async (stream) => {
      const turns = user(question)
      const first = await c.ask({ turns, tools: [weather], stream })
      assert.equal(first.text, 'Let me look.')
      assert.deepEqual(first.calls.map(({ name, args }) => ({ name, args })), [{ name: weather.name, args: weatherArgs }])
      assert.equal(first.finish, c.api.finishes.tools)
      assert.deepEqual((await c.heard()).tools, { get_weather: weather.schema })
      turns.push({ raw: first.raw }, { results: [{ ...first.calls[0], value: { celsius: 21, 天气: '☀️' } }] })
      const second = await c.ask({ turns, tools: [weather], stream })
      assert.match(second.text, /celsius/)
      assert.equal(second.finish, c.api.finishes.stop)
      const told = await c.heard()
      assert.deepEqual(told.calls.map(({ name, args }) => ({ name, args })), [{ name: weather.name, args: weatherArgs }])
      assert.deepEqual(told.results.map((r) => r.id), told.calls.map((k) => k.id))
      assert.match(told.results[0].text, /celsius\\?":21.*天气.*☀️/)
    }),
  }, {
    name: 'parallel tools',
    test: (c) => both(c, () => c.at.script({
      weave: true, calls: ['Bern', 'Zürich 世界', 'Genève'].map((city) => called({ city })),
    }), async (stream) => {
      const turns = user(question)
      const first = await c.ask({ turns, tools: [weather], stream })
      assert.deepEqual(first.calls.map((k) => k.args.city), ['Bern', 'Zürich 世界', 'Genève'])
      assert.equal(new Set(first.calls.map((k) => k.id)).size, 3, 'each has an id of its own')
      assert.equal(first.finish, c.api.finishes.tools)
      const results = first.calls.map((k) => ({ ...k, value: `sunny in ${k.args.city}` }))
      const second = await c.ask({ turns: [...turns, { raw: first.raw }, { results: results.toReversed() }], tools: [weather], stream })
      assert.match(second.text, /sunny in/)
      const told = await c.heard()
      assert.equal(told.results.length, 3)
      for (const k of told.calls) {
        assert.match(told.results.find((r) => r.id === k.id).text, new RegExp(`sunny in ${k.args.city}`), 'a result went to another call')
      }
    }),
  }, {
    name: "the SDK's own tool loop",
    except(c) {
      if (c.api.name === 'responses') return 'openai has no helper that runs the tools of a response'
    },
    test: (c) => both(c, () => c.at.script(
      { calls: ['Bern', 'Zürich'].map((city) => called({ city })) },
      { text: 'One more.', calls: [called({ city: 'Genève' })] },
      { text: 'Sunny everywhere 🌞.' },
    ), async (stream) => {
      const ran = []
      const run = ({ city }) => { ran.push(city); return `sunny in ${city}` }
      c.wire.kept = true
      const asked = { model: `${c.slug}/${c.up.model}`, turns: user(question), tools: [{ ...weather, run }], stream }
      const text = await c.api.loop(c.client, asked).finally(() => { c.wire.kept = false })
      assert.equal(text, 'Sunny everywhere 🌞.')
      assert.deepEqual(ran, ['Bern', 'Zürich', 'Genève'])
      const told = await c.heard()
      assert.deepEqual(told.calls.map((k) => k.args.city), ran)
      for (const k of told.calls) assert.match(told.results.find((r) => r.id === k.id).text, new RegExp(`sunny in ${k.args.city}`))
    }),
  }, {
    name: 'streamed tools',
    except(c) {
      if (c.api.name === 'generate') return "Gemini's protocol gives a call whole, never in pieces"
      if (c.upstream === 'generate') return 'Gemini gives a call whole, so there is nothing to hand on in pieces'
    },
    async test(c) {
      await c.at.pace({ cut: 'every', n: 11 })
      await c.at.script({ piece: 3, calls: [called(weatherArgs)] })
      const pieces = []
      const asked = { turns: user(question), tools: [weather] }
      const r = await c.ask({ ...asked, stream: true, onCall: (p) => pieces.push(p) })
      assert.deepEqual(r.calls.map(({ name, args }) => ({ name, args })), [{ name: weather.name, args: weatherArgs }])
      if (c.api.wire === 'generate') return // its protocol has no pieces
      assert.deepEqual(JSON.parse(pieces.join('')), weatherArgs)
      assert.ok(pieces.length > 5, `they came in ${pieces.length} pieces`)
      await c.at.reset()
      await c.at.script({ piece: 3, calls: [called(weatherArgs)] })
      await inTime(c, asked, 8, 'onCall', (begun) => begun.startsWith('{"city":"Z'))
    },
  }, {
    name: 'image',
    test: (c) => both(c, null, async (stream) => {
      const r = await c.ask({ turns: [{ user: question, image: png }], stream })
      assert.equal(r.text, echo(question))
      const told = await c.heard()
      assert.deepEqual(told.images, [png])
      assert.deepEqual(told.turns, [{ role: 'user', text: question }])
    }),
  }, {
    name: 'image in a result',
    except(c) {
      if (c.api.wire === 'chat') return "a tool's message of chat has no images"
    },
    test: (c) => both(c, () => c.at.script({ calls: [called({ city: 'Bern' })] }), async (stream) => {
      const asked = { model: c.up.reasoner, tools: [weather], stream }
      const first = await c.ask({ ...asked, turns: user(question) })
      const results = [{ ...first.calls[0], value: 'a picture', image: png }]
      const second = await c.ask({ ...asked, turns: [...user(question), { raw: first.raw }, { results }] })
      assert.match(second.text, /You said/)
      const told = await c.heard()
      assert.deepEqual(told.images, [png])
      assert.match(told.results[0].text, /a picture/)
    }),
  }, {
    name: 'PDF',
    test: (c) => both(c, null, async (stream) => {
      const r = await c.ask({ turns: [{ user: question, pdf }], stream })
      assert.equal(r.text, echo(question))
      assert.deepEqual((await c.heard()).pdfs, [pdf])
    }),
  }, {
    name: 'a tool that must be called',
    test: (c) => both(c, () => c.at.script({ calls: [{ name: 'now' }] }), async (stream) => {
      const now = { name: 'now', schema: { type: 'object', properties: {} } }
      const r = await c.ask({ turns: user(question), tools: [weather, now], choose: 'now', stream })
      assert.deepEqual(r.calls.map(({ name, args }) => ({ name, args })), [{ name: 'now', args: {} }])
      assert.equal((await c.heard()).choice, 'now')
      const again = [...user(question), { raw: r.raw }, { results: [{ ...r.calls[0], value: '12:00' }] }]
      assert.match((await c.ask({ turns: again, tools: [weather, now], stream })).text, /12:00/)
      assert.deepEqual((await c.heard()).calls.map((k) => k.args), [{}])
    }),
  }, {
    name: 'temperature',
    test: (c) => both(c, null, async (stream) => {
      await c.ask({ turns: user(question), temperature: 0.3, stream })
      assert.equal((await c.heard()).temperature, 0.3)
    }),
  }, {
    name: 'refusal',
    test: (c) => both(c, () => c.at.script({ refusal: 'I will not.' }), async (stream) => {
      const r = await c.ask({ turns: user(question), stream })
      const { blockReasonMessage = r.refusal ?? r.text } = r.refusal ?? {} // Gemini's own way
      const filtered = ['content_filter', 'refusal', 'SAFETY', 'PROHIBITED_CONTENT', 'content-filter'].includes(r.finish)
      assert.ok(filtered || r.refusal, `it looks like an answer: ${r.finish}`)
      // Vercel's provider of Google shows no words of a prompt that was blocked.
      if (c.api.name !== 'ai-generate' || !c.own) assert.equal(blockReasonMessage, 'I will not.')
    }),
  }, {
    name: 'JSON schema',
    async test(c) {
      // Of a model that it does not know, Vercel's provider of Anthropic asks for the answer as the call of a tool named json.
      const asTool = c.api.name === 'ai-messages' && !c.own
      const answer = asTool ? { calls: [{ name: 'json', arguments: JSON.stringify(answerValue) }] } : { text: JSON.stringify(answerValue) }
      // Its provider of Google writes schemas without what Google did not take at first.
      const want = c.api.name === 'ai-generate' && c.upstream !== 'messages' ? open(answerSchema) : answerSchema
      await both(c, () => c.at.script(answer), async (stream) => {
        const r = await c.ask({ turns: user(question), schema: answerSchema, stream })
        assert.deepEqual(r.object ?? JSON.parse(r.text), answerValue)
        assert.deepEqual(r.calls, [])
        const told = await c.heard()
        assert.deepEqual(asTool ? told.tools.json : told.schema, want)
      })
    },
  }, {
    name: 'max tokens',
    test: (c) => both(c, () => c.at.script({ text: 'cut o', finish: c.up.length }), async (stream) => {
      const r = await c.ask({ turns: user(question), maxTokens: 77, stream })
      assert.equal(r.text, 'cut o')
      assert.equal(r.finish, c.api.finishes.length)
      assert.equal((await c.heard()).maxTokens, 77)
    }),
  }, {
    name: 'stop',
    except(c) {
      if (c.api.wire === 'responses') return 'Responses has no parameter for stop sequences'
    },
    test: (c) => both(c, () => c.upstream === 'responses' && c.at.script({ text: 'bis hier. Dann ENDE.', piece: 1 }), async (stream) => {
      const deltas = []
      const r = await c.ask({ turns: user(question), stop: ['END', '。'], stream, onText: (d) => deltas.push(d) })
      if (c.upstream === 'responses') { // which has no such parameter either: Metapi ends the answer
        assert.equal(r.text, 'bis hier. Dann ')
        if (stream) assert.equal(deltas.join(''), r.text)
        assert.equal(r.finish, c.api.finishes.word ?? c.api.finishes.stop)
        return
      }
      assert.equal(r.text, echo(question))
      assert.deepEqual((await c.heard()).stop, ['END', '。'])
    }),
  }, {
    name: 'reasoning',
    test: (c) => both(c, () => c.at.script(
      { thinking: 'Erst denken, 再回答 🤔.', text: 'Done.', usage: { input: 100, output: 60, reasoning: 40 } },
    ), async (stream) => {
      // OpenAI tells only a summary, which a client of chat cannot ask for.
      const shown = c.api.wire === 'chat' && c.upstream === 'responses' ? '' : 'Erst denken, 再回答 🤔.'
      const first = await c.ask({ model: c.up.reasoner, turns: user(question), extra: c.thinks, stream })
      assert.equal((await c.heard()).thinks, true)
      assert.equal(first.text, 'Done.')
      const { told } = c.wire.last
      assert.deepEqual([told.output_tokens, told.reasoning_tokens], [60, 40])
      // The SDK of chat puts fields that it does not know together by their last piece.
      if (c.api.name !== 'ai-chat') assert.equal(stream ? first.streamedThinking : first.thinking, shown)
      await c.at.reset()
      const turns = [...user(question), { raw: first.raw }, ...user('And now?')]
      const second = await c.ask({ model: c.up.reasoner, turns, extra: c.thinks, stream })
      assert.equal(second.text, echo('And now?'))
    }),
  }, {
    name: 'reasoning and tools',
    test: (c) => both(c, () => c.at.script({ thinking: 'Ein Blick. 🤔', calls: [called({ city: 'Bern' })] }), async (stream) => {
      const turns = user(question)
      const asked = { model: c.up.reasoner, tools: [weather], extra: c.thinks, stream }
      const first = await c.ask({ ...asked, turns })
      assert.deepEqual(first.calls.map((k) => k.args), [{ city: 'Bern' }])
      turns.push({ raw: first.raw }, { results: [{ ...first.calls[0], value: { celsius: 21 } }] })
      const second = await c.ask({ ...asked, turns })
      assert.match(second.text, /celsius/)
    }),
  }, {
    name: 'usage with cached tokens',
    test: (c) => both(c, () => c.at.script(
      { text: 'counted', usage: { input: 1000, cached: 300, output: 400, reasoning: 100 } },
    ), async (stream) => {
      const r = await c.ask({ turns: user(question), stream })
      const { told } = c.wire.last
      assert.deepEqual(told, { input_tokens: 700, cache_read_tokens: 300, cache_write_tokens: 0, output_tokens: 400, reasoning_tokens: 100 })
      if (r.counted) { // the SDK's own reading of it
        const { inputTokens, outputTokens, inputTokenDetails: i } = r.counted
        assert.deepEqual([inputTokens, i.cacheReadTokens, outputTokens], [1000, 300, 400])
      }
    }),
  }, {
    name: 'emoji split across chunks',
    async test(c) {
      for (const pace of [{ cut: 'utf8' }, { cut: 'bytes' }, { cut: 'every', n: 7, crlf: true }]) {
        await c.at.reset()
        await c.at.pace(pace)
        await c.at.script({ piece: 1, text: echo('👩🏽‍💻🇨🇭') })
        const deltas = []
        const r = await c.ask({ turns: user(question), stream: true, onText: (d) => deltas.push(d) })
        assert.equal(r.text, echo('👩🏽‍💻🇨🇭'))
        assert.equal(deltas.join(''), echo('👩🏽‍💻🇨🇭'))
      }
    },
  }, {
    name: '200 KB of context',
    test: (c) => both(c, null, async (stream) => {
      assert.ok(Buffer.byteLength(long) > 200_000)
      const r = await c.ask({ turns: user(long), stream })
      assert.equal(r.text, echo([...long.replace(/\s+/g, ' ').trim()].slice(0, 80).join('')))
      assert.equal((await c.heard()).turns[0].text, long)
    }),
  },

  failure('400', {
    at: 'request', error: 'request', status: 400,
    fault: ({ vendor }) => ({ kind: 'custom', status: 400, body: refusal(vendor, 400, 'tools[3].name: that is not right') }),
    check: (c, e) => assert.match(e.message, /tools\[3\]\.name: that is not right/),
  }),
  failure('401', {
    error: 'key', status: 401, at: 'key', fault: () => ({ kind: '401' }),
    check: (c, e) => assert.match(e.message, /upstream account's key was refused \(not the local key\)/),
  }),
  failure('402', {
    at: 'key', how: modes.slice(0, 1), error: 'money', status: { chat: 429, responses: 429, messages: 402, generate: 429 },
    fault: () => ({ kind: '402' }),
    check: (c, e) => assert.match(e.message, /upstream account is out of credit or quota/),
  }),
  failure('403', {
    error: 'denied', status: 403, fault: () => ({ kind: '403' }),
    check: (c, e) => assert.match(e.message, /upstream account may not do this/),
  }),
  failure('404', {
    error: 'model', status: 404, fault: () => ({ kind: '404' }),
    check: (c, e) => assert.match(e.message, /model/),
  }),
  failure('429', {
    error: 'limit', status: 429, fault: () => ({ kind: '429', retry_after: 'seconds', wait: ms(7000) }),
    check(c, e) {
      assert.match(e.message, /rate limit|exhausted/i)
      const wait = Number(e.responseHeaders?.['retry-after'] ?? (e.headers ?? c.wire.last.headers).get('retry-after'))
      assert.ok(wait >= 6 && wait <= 7, `Retry-After: ${wait}`)
      if (c.api.wire === 'generate' && !c.own) assert.match(e.responseBody ?? e.message, /"retryDelay": ?"[67](\.\d+)?s"/)
    },
  }),
  failure('500', { error: 'server', status: 500, fault: () => ({ kind: '500' }) }),
  failure('529', {
    error: 'server', status: { chat: 503, responses: 503, messages: 529, generate: 503 },
    fault: ({ vendor }) => ({ kind: vendor === 'anthropic' ? '529' : '503' }),
    check: (c, e) => assert.match(e.message, /overloaded/i),
  }),
  failure('in a 200', { error: 'server', status: 500, fault: () => ({ kind: 'error-in-200' }) }),
  failure('an empty answer', { error: 'server', status: 502, fault: () => ({ kind: 'empty' }) }),
  failure('context too long', {
    at: 'request', error: 'request', status: 400,
    fault: ({ vendor }) => ({
      kind: 'custom', status: 400, body: refusal(vendor, 400, tooLong[vendor], vendor === 'openai' ? 'context_length_exceeded' : null),
    }),
    check(c, e) {
      if (c.api.wire === 'messages') assert.match(e.message, /prompt is too long/) // by which Claude Code knows it
      const body = e.error ?? JSON.parse(e.responseBody ?? '{}').error
      if (['chat', 'responses'].includes(c.api.wire)) assert.equal(body.code, 'context_length_exceeded')
    },
  }),

  ...[['cut stream', 'cut-mid', 'fails-cut'], ['error in a stream', 'error-mid', 'fails-error']].map(([name, kind, model]) => ({
    name,
    async test(c) {
      await c.fault({ kind, model: `${model}-plain`, after: 3 })
      const deltas = []
      const said = c.api.raw(c.client, { model: `${c.slug}/${model}-plain`, turns: user(question) }, (d) => deltas.push(d))
      await assert.rejects(said, (e) => thrownBy(e, c.api.errors.cut))
      assert.ok(deltas.join('').length > 0 && echo(question).startsWith(deltas.join('')), `before that came ${deltas.join('')}`)
      // The SDK's helper, which puts the answer together, must not take it for whole either.
      await c.at.reset()
      await c.fault({ kind, model: `${model}-streamed`, after: 3 })
      await assert.rejects(c.ask({ model: `${model}-streamed`, turns: user(question), stream: true }), (e) => thrownBy(e, c.api.errors.cut))
    },
  })), {
    name: 'cancel',
    test: (c) => both(c, (stream) => stream ? c.at.pace({ delay: ms(40) }) : c.at.pace({ first: ms(20_000) }), async (stream) => {
      await c.at.script({ text: 'a long story '.repeat(200) })
      const off = new AbortController()
      let at = 0
      const leave = () => { at ||= Date.now(); off.abort() }
      const said = c.ask({ turns: user(question), stream, signal: off.signal, onText: leave })
      const rejected = assert.rejects(said, (e) => /abort/i.test(`${e.name} ${e.message}`))
      if (!stream) {
        assert.ok(await eventually(2000, async () => (await c.calls()).length))
        leave()
      }
      await rejected
      const left = await eventually(2000, async () => (await c.calls()).find((x) => x.RemoteClosed))
      assert.ok(left, 'the upstream never saw the client go')
      assert.ok(Date.parse(left.ClosedAt) - at < 1000, 'the upstream did not see the client go within a second')
    }),
  }, {
    name: "the SDK's own retry",
    async test(c) {
      await c.fault({ kind: '500', model: 'fails-once' })
      const client = c.api.client(c.world, c.wire, undefined, 2)
      const r = await c.api.ask(client, { model: `${c.slug}/fails-once`, turns: user(question), stream: true })
      c.wire.told(c.api.wire, r.usage)
      assert.equal(r.text, echo(question))
    },
  }, {
    name: 'failover to this protocol',
    test: (c) => both(c, null, async (stream) => {
      const model = c.failovers[Number(stream)]
      await c.first.fault({ kind: '500', model })
      const deltas = []
      const r = await c.api.ask(c.client, { model, turns: user(question), stream, onText: (d) => deltas.push(d) })
      c.wire.told(c.api.wire, r.usage)
      assert.equal(r.text, echo(question))
      if (stream) assert.equal(deltas.join(''), echo(question))
      assert.ok(c.wire.last.attempts >= 2)
      assert.equal((await c.calls()).length, 1)
    }),
  },
]
