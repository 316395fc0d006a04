// OpenAI's SDK beside text: images, sound, moderations, files and batches, and the completions of old.
import assert from 'node:assert/strict'
import { beforeEach, describe, test } from 'node:test'
import { toFile } from 'openai'
import { chat } from './clients/chat.mjs'
import { echo } from './imitation.mjs'
import { Subject } from './matrix.mjs'

export function plain(world) {
  describe('plain', () => {
    const s = new Subject({ ...chat, name: 'plain' }, world)
    beforeEach(() => s.reset())
    const file = (bytes = 'RIFF\r\n--\r\n\0 sound', name = 'a.wav') => toFile(Buffer.from(bytes), name)
    const all = async (stream) => {
      const events = []
      for await (const e of stream) events.push(e)
      return events
    }

    test('completions', async () => {
      const r = await s.client.completions.create({ model: 'gpt-3.5-turbo-instruct', prompt: 'go on' })
      s.wire.told('chat', r.usage)
      assert.equal(r.choices[0].text, echo('go on'))
      const chunks = await all(await s.client.completions.create({ model: 'gpt-3.5-turbo-instruct', prompt: 'go on', stream: true, stream_options: { include_usage: true } }))
      assert.equal(chunks.map((c) => c.choices[0]?.text ?? '').join(''), echo('go on'))
      s.wire.told('chat', chunks.at(-1).usage)
      await assert.rejects(s.client.completions.create({ model: 'gpt-4o', prompt: 'x' }), /openai-completions/)
    })

    test('moderations', async () => {
      assert.equal((await s.client.moderations.create({ input: 'evil' })).results[0].flagged, true)
      assert.equal((await s.client.moderations.create({ model: 'omni-moderation-latest', input: [{ type: 'text', text: 'good' }] })).results[0].flagged, false)
      await assert.rejects(s.client.moderations.create({ input: 'x', bogus: 1 }), chat.errors.request)
    })

    test('images', async () => {
      const made = await s.client.images.generate({ model: 'gpt-image-1', prompt: 'a cat', size: '1024x1024', n: 2 })
      assert.equal(made.data.length, 2)
      assert.equal(Buffer.from(made.data[0].b64_json, 'base64').subarray(1, 4).toString(), 'PNG')
      s.wire.told('plain', made.usage)
      const edited = await s.client.images.edit({ model: 'openai-2/gpt-image-1', prompt: 'both', image: [await file('one', 'a.png'), await file('two', 'b.png')] })
      s.wire.told('plain', edited.usage)
      assert.deepEqual(await s.counts(), [1, 1])
      const events = await all(await s.client.images.generate({ model: 'gpt-image-1', prompt: 'a cat', stream: true, partial_images: 3 }))
      assert.deepEqual(events.map((e) => e.type.split('.')[1]), ['partial_image', 'partial_image', 'partial_image', 'completed'])
      s.wire.told('plain', events.at(-1).usage)
      assert.equal((await s.client.images.createVariation({ image: await file('one', 'a.png') })).data.length, 1)
      await assert.rejects(s.client.images.generate({ model: 'gpt-image-1', prompt: 'x', bogus: 1 }), chat.errors.request)
    })

    test('speech', async () => {
      const r = await s.client.audio.speech.create({ model: 'gpt-4o-mini-tts', input: 'hello', voice: 'alloy' })
      assert.equal(r.headers.get('content-type'), 'audio/mpeg')
      const bytes = Buffer.from(await r.arrayBuffer())
      assert.equal(bytes.subarray(0, 3).toString(), 'ID3')
      assert.ok(bytes.length > 100_000)
      const row = await s.row()
      assert.deepEqual([row.state, row.cost_usd], ['ok', null], 'it was told no usage, and is not free')
    })

    test('speech that breaks off', async () => {
      await s.pair[0].fault({ kind: 'reset-mid', on: 'audio' })
      const r = await s.client.audio.speech.create({ model: 'gpt-4o-mini-tts', input: 'hello', voice: 'alloy' })
      await assert.rejects(r.arrayBuffer())
      assert.equal((await s.row()).state, 'failed')
    })

    test('transcriptions, whole and streamed', async () => {
      const whole = await s.client.audio.transcriptions.create({ model: 'gpt-4o-transcribe', file: await file() })
      s.wire.told('plain', whole.usage)
      assert.match(whole.text, /has 17 bytes/)
      const events = await all(await s.client.audio.transcriptions.create({ model: 'gpt-4o-transcribe', file: await file(), stream: true }))
      assert.equal(events.filter((e) => e.type === 'transcript.text.delta').map((e) => e.delta).join(''), whole.text)
      s.wire.told('plain', events.at(-1).usage)
      assert.match(await s.client.audio.transcriptions.create({ model: 'whisper-1', file: await file(), response_format: 'srt' }), /-->/)
      const verbose = await s.client.audio.transcriptions.create({ model: 'whisper-1', file: await file(), response_format: 'verbose_json', timestamp_granularities: ['word', 'segment'] })
      assert.equal(verbose.duration, 1.5)
      s.wire.told('plain', (await s.client.audio.translations.create({ model: 'whisper-1', file: await file() })).usage)
      await assert.rejects(s.client.audio.transcriptions.create({ model: 'whisper-9', file: await file() }), chat.errors.model)
    })

    test('a transcription fails over', async () => {
      await s.pair[0].fault({ kind: '429', on: 'audio' })
      const r = await s.client.audio.transcriptions.create({ model: 'gpt-4o-transcribe', file: await file() })
      s.wire.told('plain', r.usage)
      assert.equal(s.wire.last.attempts, 2)
    })

    test('files and batches', async () => {
      const at = { headers: { 'X-Metapi-Account': 'openai-2' } }
      const input = await s.client.files.create({ file: await file('{}\n', 'in.jsonl'), purpose: 'batch' }, at)
      const batch = await s.client.batches.create({ input_file_id: input.id, endpoint: '/v1/chat/completions', completion_window: '24h' })
      assert.equal((await s.client.batches.retrieve(batch.id)).status, 'completed')
      assert.equal(await (await s.client.files.content(batch.output_file_id)).text(), 'done: {}\n')
      assert.deepEqual(await s.counts(), [0, 4])
      const other = await s.client.files.create({ file: await file('x', 'x.txt'), purpose: 'user_data' })
      const ids = []
      for await (const f of s.client.files.list({ limit: 1 })) ids.push(f.id)
      assert.deepEqual([other.id, input.id, batch.output_file_id].filter((id) => !ids.includes(id)), [])
      assert.equal(new Set(ids).size, ids.length)
      assert.equal((await s.client.batches.cancel(batch.id)).status, 'cancelled')
      assert.equal((await all(s.client.batches.list())).length, 1)
      assert.equal((await s.client.files.delete(input.id)).deleted, true)
      await assert.rejects(s.client.files.retrieve(input.id), chat.errors.model)
    })
  })
}
