// Each agent asks its question, is told by the model to run a command, and gets the answer that the model gives to what the command
// printed. What the agents send and how they are set up: their own documentation.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { World } from '../sdk/world.mjs'

const question = 'What does greeting.txt say?'
const answer = 'The file says hello, 世界 👋.'
const command = 'cat greeting.txt'

const upstreams = { openai: 'gpt-4o', anthropic: 'claude-sonnet-4-5', gemini: 'gemini-2.5-pro' }

/** How an agent is pointed at url, and how it calls the tool that runs a command. */
const agents = {
  'Claude Code': {
    program: 'claude',
    tool: { name: 'Bash', arguments: { command, description: 'Read the file' } },
    args: () => ['-p', question, '--dangerously-skip-permissions'],
    env: (url, key, model) => ({
      ANTHROPIC_BASE_URL: url, ANTHROPIC_AUTH_TOKEN: key, ANTHROPIC_MODEL: model, ANTHROPIC_DEFAULT_HAIKU_MODEL: model, IS_SANDBOX: '1',
      DISABLE_TELEMETRY: '1', DISABLE_AUTOUPDATER: '1', CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    }),
  },
  Codex: {
    program: 'codex',
    tool: { name: 'exec_command', arguments: { cmd: command } },
    args: (url, model) => ['exec', '--skip-git-repo-check', '--dangerously-bypass-approvals-and-sandbox', '-c', 'model_provider="metapi"',
      '-c', `model_providers.metapi={name="Metapi",base_url="${url}/v1",env_key="METAPI_KEY",wire_api="responses"}`, '-m', model, question],
    env: (url, key) => ({ METAPI_KEY: key }),
  },
  'Gemini CLI': {
    program: 'gemini',
    tool: { name: 'run_shell_command', arguments: { command } },
    args: (url, model) => ['-m', model, '--yolo', '--skip-trust', '-p', question],
    env: (url, key) => ({ GOOGLE_GEMINI_BASE_URL: url, GEMINI_API_KEY: key }),
    files: { '.gemini/settings.json': JSON.stringify({ security: { auth: { selectedType: 'gemini-api-key' } }, privacy: { usageStatisticsEnabled: false }, general: { disableAutoUpdate: true } }) },
  },
}

describe('agents', { concurrency: 1 }, () => {
  const world = new World()
  const at = {}
  const table = {}
  let folders = 0

  before(async () => {
    process.once('exit', () => world.kill())
    world.serveFlags = ['--first-event-timeout', '10s', '--grace', '1s']
    world.url = `http://${(await world.serve()).addresses[0]}`
    for (const [vendor, model] of Object.entries(upstreams)) {
      at[vendor] = await world.startImitation(vendor, [model])
      await world.addAccount(vendor, at[vendor].baseURL, vendor, at[vendor].key)
    }
  })

  after(async () => {
    const row = (...cells) => console.log(cells.map((c, i) => c.padEnd(i === 0 ? 14 : 18)).join(''))
    row('', ...Object.keys(upstreams))
    for (const [agent, cells] of Object.entries(table)) row(agent, ...Object.keys(upstreams).map((u) => cells[u] ?? 'failed'))
    await world.end()
  })

  for (const [name, agent] of Object.entries(agents)) {
    table[name] = {}
    for (const [vendor, model] of Object.entries(upstreams)) {
      test(`${name} at ${vendor}`, async () => {
        const client = `${name} ${vendor}`
        const key = (await world.cli({ quiet: true }, 'keys', 'add', client, '--json')).key
        const home = join(world.dir, String(++folders)) // short: agents tell the model their folder's name, which must not look like a key
        for (const [file, text] of Object.entries({ 'work/greeting.txt': 'hello from the file\n', ...agent.files })) {
          mkdirSync(join(home, file, '..'), { recursive: true })
          writeFileSync(join(home, file), text)
        }
        await at[vendor].reset()
        await at[vendor].script({ thinking: 'A command will tell.', calls: [{ name: agent.tool.name, arguments: JSON.stringify(agent.tool.arguments) }] }, { text: answer })
        const { code, said } = await run(join(process.env.AGENTS, agent.program), agent.args(world.url, model), {
          cwd: join(home, 'work'),
          env: { PATH: process.env.PATH, HOME: home, TERM: 'xterm-256color', NO_PROXY: '127.0.0.1,localhost', no_proxy: '127.0.0.1,localhost',
            HTTP_PROXY: 'http://127.0.0.1:9', HTTPS_PROXY: 'http://127.0.0.1:9', http_proxy: 'http://127.0.0.1:9', https_proxy: 'http://127.0.0.1:9',
            ...agent.env(world.url, key, model) },
        })
        assert.equal(code, 0, said)
        assert.ok(said.includes(answer), said)
        const calls = await at[vendor].calls()
        assert.ok(JSON.stringify(calls.at(-1).body).includes('hello from the file'), 'what the command printed reached the model')
        const rows = (await world.usage()).rows.filter((r) => r.client === client)
        assert.deepEqual(rows.map((r) => r.state), rows.map(() => 'ok'))
        assert.ok(rows.length >= 2 && rows.every((r) => r.output_tokens > 0 && !r.tokens_estimated), JSON.stringify(rows))
        table[name][vendor] = `${rows.length} requests, ok`
      })
    }
  }

  test('the upstreams saw nothing that is not theirs', async () => {
    for (const v of Object.values(at)) {
      await v.reset()
      assert.deepEqual(v.violations, [])
    }
  })
})

function run(program, args, options) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'], timeout: 90_000, killSignal: 'SIGKILL' })
    let said = ''
    child.stdout.on('data', (b) => { said += b })
    child.stderr.on('data', (b) => { said += b })
    child.on('error', reject)
    child.on('exit', (code) => resolve({ code, said }))
  })
}
