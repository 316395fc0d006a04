// What holds for every API that answers with text: asked through its own SDK, failing over, and failing as the SDK's users know it.
import assert from 'node:assert/strict'
import { beforeEach, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { echo, ms } from './imitation.mjs'
import { figures, Wire } from './told.mjs'

const question = 'Was heißt 你好? 🙂'
const weather = {
  name: 'get_weather',
  schema: { type: 'object', properties: { city: { type: 'string' }, days: { type: 'array', items: { type: 'integer' } } }, required: ['city'] },
}
const weatherArgs = { city: 'Zürich "Süd" 👩🏽‍💻', days: [1, 2, 3], nested: { backslash: '\\', empty: {} } }
/** Every class of tokens that any vendor counts, each with its own number. */
const scripted = { input: 1000, cached: 300, written: 50, written_1h: 20, output: 400, reasoning: 100 }

/** Waits until ask() gives something, for at most as long as told. */
export async function eventually(within, ask) {
  for (const end = Date.now() + within; ;) {
    const got = await ask()
    if (got || Date.now() > end) return got
    await sleep(20)
  }
}

/** An API under test, with its client and its pair of upstreams. */
export class Subject {
  wire = new Wire()

  constructor(api, world) { Object.assign(this, { api, world }) }

  get pair() { return this.world.vendors[this.api.vendor] }
  get client() { return this.api.client(this.world, this.wire) }

  async reset() { for (const at of this.pair) await at.reset() }

  /** Asks, and notes the usage that came with the answer. */
  async ask(options) {
    const r = await this.api.ask(this.client, { model: this.api.model, turns: [{ user: question }], ...options })
    this.wire.told(this.api.name, r.usage)
    return r
  }

  row() { return this.world.row(this.wire.last.id) }
  probe(trouble) { return `probe-${this.api.name}-${trouble}` }

  /** How many calls each upstream got since the last reset. */
  async counts() { return (await Promise.all(this.pair.map((at) => at.calls()))).map((list) => list.length) }
}

export function matrix(api, world) {
  describe(api.name, () => {
    const s = new Subject(api, world)
    beforeEach(() => s.reset())

    test('plain call', async () => {
      const r = await s.ask({})
      assert.equal(r.text, echo(question))
      assert.equal(s.wire.last.attempts, 1)
      assert.match(s.wire.last.deployment, /./)
    })

    for (const [name, pace] of Object.entries({
      'as events': {}, 'a byte at a time': { cut: 'bytes' }, 'cut inside each character': { cut: 'utf8' },
      'cut every 7 bytes, with CRLF': { cut: 'every', n: 7, crlf: true }, 'all at once': { cut: 'joined' },
    })) {
      test(`stream, ${name}`, async () => {
        for (const at of s.pair) {
          await at.pace(pace)
          await at.script({ piece: 1 })
        }
        const deltas = []
        const r = await s.ask({ stream: true, onText: (delta) => deltas.push(delta) })
        assert.equal(r.text, echo(question))
        assert.equal(deltas.join(''), echo(question))
        assert.ok(deltas.length > 3, `it came in ${deltas.length} pieces`)
      })
    }

    for (const stream of [false, true]) {
      const how = stream ? 'streamed' : 'plain'

      test(`usage of every class, ${how}`, async () => {
        for (const at of s.pair) await at.script({ text: 'counted', usage: scripted })
        await s.ask({ stream })
        const { told } = s.wire.last
        assert.equal(told.cache_read_tokens, 300)
        assert.equal(told.output_tokens, 400)
        assert.equal(told.reasoning_tokens, 100)
        assert.equal(told.input_tokens + told.cache_write_tokens, 700)
        const row = await s.row()
        assert.deepEqual(figures(row), told)
        assert.equal(row.tokens_estimated, false)
      })

      test(`tool call and its result, ${how}`, async () => {
        for (const at of s.pair) await at.script({ calls: [{ name: weather.name, arguments: JSON.stringify(weatherArgs) }], piece: 1 })
        const turns = [{ user: question }]
        const first = await s.ask({ model: api.reasoner, stream, turns, tools: [weather] })
        assert.deepEqual(first.calls.map(({ name, args }) => ({ name, args })), [{ name: weather.name, args: weatherArgs }])
        turns.push({ raw: first.raw }, { results: [{ id: first.calls[0].id, name: weather.name, value: { celsius: 21 } }] })
        await s.reset()
        const second = await s.ask({ model: api.reasoner, stream, turns, tools: [weather] })
        assert.match(second.text, /celsius/)
        assert.deepEqual(second.calls, [])
      })

      if (api.thinking) {
        test(`thinking, ${how}`, async () => {
          const thinking = 'Erst denken, 再回答 🤔.'
          for (const at of s.pair) await at.script({ thinking, text: 'Done.' })
          const turns = [{ user: question }]
          const first = await s.ask({ model: api.reasoner, stream, turns, extra: api.thinking })
          assert.equal(first.thinking, thinking)
          if (stream) assert.equal(first.streamedThinking, thinking)
          assert.equal(first.text, 'Done.')
          await s.reset()
          // The history goes back with its thinking, whose signature must have survived.
          const second = await s.ask({ model: api.reasoner, stream, turns: [...turns, { raw: first.raw }, { user: 'And now?' }], extra: api.thinking })
          assert.equal(second.text, echo('And now?'))
        })
      }
    }

    test('cancel in the middle of a stream', async () => {
      for (const at of s.pair) {
        await at.pace({ delay: ms(40) })
        await at.script({ text: 'a long story '.repeat(200) })
      }
      const off = new AbortController()
      let at = 0
      const heard = s.api.ask(s.client, {
        model: api.model, turns: [{ user: question }], stream: true, signal: off.signal,
        onText: () => { at ||= Date.now(); off.abort() },
      })
      await assert.rejects(heard, (e) => /abort/i.test(`${e.name} ${e.message}`))
      const left = await eventually(2000, async () => (await s.pair[0].calls()).find((c) => c.RemoteClosed))
      assert.ok(left, 'the upstream never saw the client go')
      const after = Date.parse(left.ClosedAt) - at
      assert.ok(after < 1000, `the upstream saw the client go after ${after} ms`)
      const row = await s.row()
      assert.equal(row.state, 'cancelled')
      assert.equal(row.tokens_estimated, true)
      await s.reset()
      await s.ask({})
      assert.deepEqual(await s.counts(), [1, 0], 'the account was punished for it')
    })

    test('cancel of a plain call', async () => {
      for (const at of s.pair) await at.pace({ first: ms(20_000) })
      const off = new AbortController()
      const heard = s.api.ask(s.client, { model: api.model, turns: [{ user: question }], signal: off.signal })
      const rejected = assert.rejects(heard, (e) => /abort/i.test(`${e.name} ${e.message}`))
      assert.ok(await eventually(2000, async () => (await s.pair[0].calls()).length))
      const at = Date.now()
      off.abort()
      await rejected
      const left = await eventually(2000, async () => (await s.pair[0].calls()).find((c) => c.RemoteClosed))
      assert.ok(left && Date.parse(left.ClosedAt) - at < 1000, 'the upstream did not see the client go within a second')
    })

    for (const [name, { trouble, stream, fault }] of Object.entries({
      'a 500': { trouble: 'error', fault: { kind: '500' } },
      'a 500 instead of a stream': { trouble: 'error-stream', stream: true, fault: { kind: '500' } },
      'an error as first event': { trouble: 'error-first', stream: true, fault: { kind: 'error-first' } },
      'a stall after the first event': { trouble: 'stall', stream: true, fault: { kind: 'stall-start' } },
      'half a body': { trouble: 'cut-body', fault: { kind: 'truncated-json' } },
    })) {
      test(`fails over: ${name}`, async () => {
        const model = s.probe(trouble)
        await s.pair[0].fault({ ...fault, model })
        const deltas = []
        const r = await s.ask({ model, stream, onText: (delta) => deltas.push(delta) })
        assert.equal(r.text, echo(question))
        if (stream) assert.equal(deltas.join(''), echo(question))
        assert.equal(s.wire.last.attempts, 2)
        assert.deepEqual(await s.counts(), [1, 1])
        const row = await s.row()
        assert.deepEqual([row.state, row.attempts, row.account], ['ok', 2, `${api.vendor}-2`])
      })
    }

    for (const [trouble, kind] of [['cut', 'cut-mid'], ['reset', 'reset-mid']]) {
      test(`a stream that breaks in the middle throws: ${kind}`, async () => {
        const model = s.probe(trouble)
        await s.pair[0].fault({ kind, model, after: 3 })
        const deltas = []
        try {
          await assert.rejects(api.raw(s.client, { model, turns: [{ user: question }] }, (delta) => deltas.push(delta)), api.errors.cut)
          assert.ok(deltas.join('').length > 0 && echo(question).startsWith(deltas.join('')), `before that came ${deltas.join('')}`)
          assert.deepEqual(await s.counts(), [1, 0], 'what was begun must not be asked elsewhere')
          assert.equal((await s.row()).state, 'failed')
        } finally {
          // A reset is booked at the host, for a second: the next test wants it back.
          await eventually(3000, async () => (await world.cli({}, 'status', '--json')).accounts.every((a) => a.state !== 'cooling'))
        }
      })
    }

    const refused = async (key, options, error, status) => {
      const client = api.client(world, s.wire, key)
      let thrown
      await assert.rejects(api.ask(client, { model: api.model, turns: [{ user: question }], ...options }), (e) => { thrown = e; return true })
      assert.ok(thrown instanceof error, `${thrown.name}: ${thrown.message}`)
      assert.equal(thrown.status, status, thrown.message)
      const shown = `${thrown.message} ${JSON.stringify(thrown.error ?? '')}`
      for (const secret of [...world.secrets, ...Object.values(world.localKeys)]) assert.ok(!shown.includes(secret))
      return thrown
    }

    for (const stream of [false, true]) {
      const how = stream ? 'streamed' : 'plain'

      test(`a local key that is wrong, ${how}`, async () => {
        await refused(`mp-${'x'.repeat(43)}`, { stream }, api.errors.key, 401)
        await refused(world.localKeys.revoked, { stream }, api.errors.key, 401)
        assert.deepEqual(await s.counts(), [0, 0])
      })

      test(`a model that nobody offers, ${how}`, async () => {
        const e = await refused(world.key, { stream, model: 'no-such-model' }, api.errors.model, 404)
        assert.match(e.message, /no-such-model/)
        assert.deepEqual(await s.counts(), [0, 0])
      })

      test(`a bad request, in the vendor's own words, ${how}`, async () => {
        const e = await refused(world.key, { stream, extra: { bogus: 1 } }, api.errors.request, 400)
        assert.match(e.message, api.refusal)
        assert.deepEqual(await s.counts(), [1, 0], 'it is the request that is bad, not the account')
      })
    }

    test('all accounts at their limit', async () => {
      const model = s.probe('limit')
      for (const at of s.pair) await at.fault({ kind: '429', retry_after: 'seconds', wait: 30e9, model, times: -1 })
      await refused(world.key, { model }, api.errors.limit, 429)
      assert.deepEqual(await s.counts(), [1, 1])
      // Now both are cooling, and nobody is asked.
      for (const stream of [false, true]) {
        const e = await refused(world.key, { model, stream }, api.errors.limit, 429)
        const wait = Number((e.headers ?? s.wire.last.headers).get('retry-after'))
        assert.ok(wait >= 1 && wait <= 30, `Retry-After: ${wait}`)
      }
      assert.deepEqual(await s.counts(), [1, 1])
    })
  })
}
