// A model that really computes, behind an OpenAI-compatible server that is no part of the product: what the ledger says are true counts,
// and greedy text is the same through Metapi as without it.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { before, describe, test } from 'node:test'
import OpenAI from 'openai'
import { chat } from './clients/chat.mjs'
import { eventually } from './matrix.mjs'
import { figures, read, Wire } from './told.mjs'

const program = process.env.SDK_TINYLM
const files = process.env.SDK_TINYLM_FILES

export function tinyLM(world) {
  describe('TinyLM', { concurrency: 1 }, () => {
    const skip = program ? false : 'there is no ../shared/tinylm, which is no part of the product'
    const wire = new Wire()
    const body = { model: 'stories260k', messages: [{ role: 'user', content: 'Once upon a time, Lily' }], temperature: 0, max_tokens: 60 }
    let direct
    let through

    before(async () => {
      if (skip) return
      const port = await freePort()
      world.spawn(program, ['-w', `${files}/stories260K.bin`, '-t', `${files}/tok512.bin`, '-addr', `127.0.0.1:${port}`])
      const baseURL = `http://127.0.0.1:${port}/v1`
      assert.ok(await eventually(10_000, () => fetch(`${baseURL}/models`).then((r) => r.ok, () => false)), 'tinylm does not answer')
      direct = new OpenAI({ apiKey: 'none', baseURL, maxRetries: 0 })
      await world.addAccount('openai-compatible', baseURL, 'TinyLM', 'sk-tinylm-takes-any-key')
      through = chat.client(world, wire)
    })

    test('TinyLM is listed', { skip }, async () => {
      const ids = []
      for await (const m of through.models.list()) ids.push(m.id)
      assert.ok(ids.includes('stories260k'))
    })

    test('TinyLM tells the same story, with true counts, plain', { skip }, async () => {
      const want = await direct.chat.completions.create(body)
      const got = await through.chat.completions.create(body)
      assert.equal(got.choices[0].message.content, want.choices[0].message.content)
      assert.ok(want.choices[0].message.content.length > 100)
      assert.deepEqual(got.usage, want.usage)
      assert.deepEqual(figures(await world.row(wire.last.id)), wire.told('chat', want.usage))
    })

    for (const asked of [true, false]) {
      test(`TinyLM tells the same story, with true counts, streamed, usage ${asked ? 'asked for' : 'not asked for'}`, { skip }, async () => {
        const options = { ...body, stream: true, ...(asked && { stream_options: { include_usage: true } }) }
        const tell = async (client) => {
          let text = ''
          let usage = null
          for await (const chunk of await client.chat.completions.create(options)) {
            text += chunk.choices[0]?.delta.content ?? ''
            usage ??= chunk.usage
          }
          return { text, usage }
        }
        const want = await tell(direct)
        assert.deepEqual(await tell(through), want)
        const { usage } = await direct.chat.completions.create(body)
        const row = await world.row(wire.last.id)
        assert.deepEqual(figures(row), read.chat(usage))
        assert.deepEqual([row.tokens_estimated, row.account, row.attempts], [false, 'tinylm', 1])
        wire.told('chat', usage)
      })
    }
  })
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}
