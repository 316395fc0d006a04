// Each agent asks its question, is told by the model to run a command, and gets the answer that the model gives to what the command
// printed. Then it goes on, in the same session, with another vendor's model, which is shown what the first has thought and called.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { World } from '../sdk/world.mjs'
import { agents } from './agents.mjs'
import { missing } from './kept.mjs'
import { Relay } from './relay.mjs'

const upstreams = { openai: 'gpt-5', anthropic: 'claude-sonnet-4-5', gemini: 'gemini-2.5-pro' }
/** Where a session begins that goes on at another vendor. */
const elsewhere = { openai: 'gemini', anthropic: 'openai', gemini: 'anthropic' }

const turns = [
  { file: 'greeting.txt', holds: 'hello from the file', answer: 'The file says hello, 世界 👋.' },
  { file: 'farewell.txt', holds: 'goodbye from the file', answer: 'The other says goodbye 👩🏽‍💻.' },
].map((t) => ({ ...t, question: `What does ${t.file} say?`, command: `cat ${t.file}` }))

/** What the other protocol has no word for, and an agent can do without: where to cache, who asks, what to send back, how to draw words. */
const harmless = new Set(['cache_control', 'prompt_cache_key', 'metadata.user_id', 'client_metadata', 'include', 'context_management', 'tools.defer_loading',
  'generationConfig.topP', 'generationConfig.topK'])

describe('agents', { concurrency: 1 }, () => {
  const world = new World()
  const at = {}
  const table = []
  let relay
  let folders = 0

  before(async () => {
    process.once('exit', () => world.kill())
    world.serveFlags = ['--first-event-timeout', '10s', '--grace', '1s']
    relay = await Relay.to(`http://${(await world.serve()).addresses[0]}`)
    for (const [vendor, model] of Object.entries(upstreams)) {
      at[vendor] = await world.startImitation(vendor, [model])
      await world.addAccount(vendor, at[vendor].baseURL, vendor, at[vendor].key)
    }
  })

  after(async () => {
    const row = (...cells) => console.log(cells.map((c, i) => c.padEnd(i === 0 ? 24 : 16)).join(''))
    row('', ...Object.keys(upstreams))
    for (const { title, cells } of table) row(title, ...Object.keys(upstreams).map((u) => cells[u] ?? 'failed'))
    relay.end()
    await world.end()
  })

  for (const [name, agent] of Object.entries(agents)) {
    const alone = {}
    const switched = {}
    table.push({ title: name, cells: alone }, { title: '  switched vendor', cells: switched })
    for (const [vendor, model] of Object.entries(upstreams)) {
      test(`${name} at ${vendor}`, async () => {
        const session = await begin(name, agent, vendor)
        alone[vendor] = await turn(session, turns[0], vendor, agent.ask(turns[0].question, model, relay.url))
      })
      test(`${name} at ${vendor} after ${elsewhere[vendor]}`, async () => {
        const first = elsewhere[vendor]
        const session = await begin(name, agent, `${first} ${vendor}`)
        const calls = !(agent.repeatsResults && vendor === 'gemini')
        await turn(session, { ...turns[0], calls }, first, agent.ask(turns[0].question, upstreams[first], relay.url))
        switched[vendor] = await turn(session, turns[1], vendor, agent.goOn(turns[1].question, model, relay.url), ['thinking'])
      })
    }
  }

  test('the upstreams saw nothing that is not theirs', async () => {
    for (const v of Object.values(at)) {
      await v.reset()
      assert.deepEqual(v.violations, [])
    }
  })

  /** A local key and a home of its own for an agent. */
  async function begin(name, agent, label) {
    const client = `${name} ${label}`
    const key = (await world.cli({ quiet: true }, 'keys', 'add', client, '--json')).key
    const home = join(world.dir, String(++folders)) // short: agents tell the model their folder's name, which must not look like a key
    const files = { ...agent.files?.(relay.url, Object.values(upstreams)) }
    for (const t of turns) files[`work/${t.file}`] = `${t.holds}\n`
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(join(home, file, '..'), { recursive: true })
      writeFileSync(join(home, file), typeof text === 'string' ? text : JSON.stringify(text))
    }
    return { client, agent, key, home }
  }

  /** Runs the agent once, with a vendor whose model calls a tool and then answers. */
  async function turn(session, { command, holds, answer, calls = true }, vendor, args, mayDrop = []) {
    const { agent, key, home } = session
    const tool = agent.tool(command)
    const calling = { thinking: 'A command will tell.', calls: [{ name: tool.name, arguments: JSON.stringify(tool.arguments) }] }
    await at[vendor].reset()
    await at[vendor].script(...calls ? [calling] : [], { thinking: 'Now I know.', text: answer })
    relay.heard = []
    const [program, ...before] = agent.command
    const { code, said } = await run(program, [...before, ...args], {
      cwd: join(home, 'work'),
      env: { PATH: process.env.PATH, HOME: home, TERM: 'xterm-256color', NO_PROXY: '127.0.0.1,localhost', no_proxy: '127.0.0.1,localhost',
        HTTP_PROXY: 'http://127.0.0.1:9', HTTPS_PROXY: 'http://127.0.0.1:9', http_proxy: 'http://127.0.0.1:9', https_proxy: 'http://127.0.0.1:9',
        ...agent.env(relay.url, key, upstreams[vendor]) },
    })
    assert.equal(code, 0, said)
    assert.ok(said.includes(answer), said)
    const may = new Set([...harmless, ...agent.drops?.[vendor] ?? [], ...mayDrop])
    for (const { method, path, status, dropped } of relay.heard) {
      assert.equal(status, 200, `${method} ${path}`)
      assert.deepEqual(dropped.filter((d) => !may.has(d)), [], `dropped from ${path}`)
    }
    const seen = (await at[vendor].calls()).filter((c) => c.Status === 200)
    assert.equal(seen.length, relay.heard.length)
    for (const [i, { body }] of relay.heard.entries()) assert.deepEqual(missing(body, seen[i].body), [], 'what did not reach the model')
    const marked = ({ body }) => JSON.stringify(body).includes('"cache_control"')
    if (vendor === 'anthropic') assert.ok(!relay.heard.some(marked) || seen.some(marked), 'what is to be cached is marked')
    if (calls) assert.ok(JSON.stringify(seen.at(-1).body).includes(holds), `what the command printed did not reach the model: ${said}\n${JSON.stringify(seen.at(-1).body).slice(-1000)}`)
    const rows = await Promise.all(relay.heard.map(({ id }) => world.row(id)))
    assert.deepEqual(rows.map((r) => r.state), rows.map(() => 'ok'))
    assert.ok(rows.every((r) => r.client === session.client && r.output_tokens > 0 && !r.tokens_estimated), JSON.stringify(rows))
    return `${relay.heard.length} requests, ok`
  }
})

function run(program, args, options) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'], timeout: 180_000, killSignal: 'SIGKILL' })
    let said = ''
    child.stdout.on('data', (b) => { said += b })
    child.stderr.on('data', (b) => { said += b })
    child.on('error', reject)
    child.on('exit', (code) => resolve({ code, said }))
  })
}
