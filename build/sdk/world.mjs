// The world of the tests: the real metapi on a data folder of its own, with two accounts at each vendor. Behind each account is an
// imitation of its vendor as a process of its own, so that a cooling host takes nobody else with it. Accounts and local keys are made
// by the real commands, and nothing is reached but loopback.
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { randomBytes } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Imitation } from './imitation.mjs'

/** What each API's tests provoke at one account is kept to a model of its own: a deployment that cools cools for its test alone. */
export const trouble = ['error', 'error-stream', 'error-first', 'stall', 'cut-body', 'limit', 'cut', 'reset']
const probes = (...apis) => apis.flatMap((api) => trouble.map((t) => `probe-${api}-${t}`))

/** What can be asked for something other than a reply. */
const plain = ['gpt-3.5-turbo-instruct', 'gpt-image-1', 'dall-e-2', 'gpt-4o-mini-tts', 'whisper-1', 'gpt-4o-transcribe', 'omni-moderation-latest',
  'text-embedding-3-small', 'gemini-embedding-001']

export const models = {
  openai: ['gpt-4o', 'gpt-5', ...plain.filter((m) => !m.startsWith('gemini')), ...probes('chat', 'responses')],
  anthropic: ['claude-sonnet-4-5', 'claude-haiku-4-5', 'claude-opus-4-8', ...probes('messages')],
  gemini: ['gemini-2.5-pro', 'gemini-2.5-flash', 'gemini-3.1-pro-preview', 'gemini-embedding-001', ...probes('generate')],
}

/** What a client of any protocol can ask a reply of, since Metapi translates. */
export const replying = Object.values(models).flat().filter((m) => !plain.includes(m))

/** The vendors' keys have their real forms, so that whatever looks for keys by form sees them too. */
const keyForms = { openai: 'sk-proj-', anthropic: 'sk-ant-api03-', gemini: 'AIza' }
const newKey = (vendor) => keyForms[vendor] + randomBytes(27).toString('hex').slice(0, vendor === 'gemini' ? 35 : 54)

const need = (name) => process.env[name] ?? fail(`${name} is not set: run build/sdk/test`)
const fail = (words) => { throw new Error(words) }

export class World {
  dir = mkdtempSync(join(tmpdir(), 'metapi-sdk-'))
  data = join(this.dir, 'data')
  passphrase = randomBytes(16).toString('hex')
  env = {
    PATH: process.env.PATH, HOME: this.dir, TMPDIR: this.dir, METAPI_HOME: this.data, METAPI_PASSPHRASE: this.passphrase,
    DBUS_SESSION_BUS_ADDRESS: 'disabled:',
  }
  children = new Set()
  said = '' // by metapi serve and all commands, but for the local keys that they were asked to print
  vendors = {} // name -> two imitations, in the order of the accounts
  serveFlags = ['--first-event-timeout', '2s', '--grace', '1s']
  secrets = [this.passphrase] // of the upstreams and the encrypted file
  localKeys = {}

  async start() {
    process.once('exit', () => this.kill())
    for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1))
    const [serving] = await Promise.all([this.serve(), ...Object.keys(models).map((vendor) => this.imitate(vendor))])
    this.url = `http://${serving.addresses[0]}`
    for (const [vendor, pair] of Object.entries(this.vendors)) {
      for (const [i, at] of pair.entries()) {
        await this.addAccount(vendor, at.baseURL, `${vendor} ${i + 1}`, at.key)
      }
    }
    for (const name of ['node', 'revoked']) this.localKeys[name] = (await this.cli({ quiet: true }, 'keys', 'add', name, '--json')).key
    await this.cli({}, 'keys', 'revoke', 'revoked', '--json')
    this.key = this.localKeys.node
    return this
  }

  async addAccount(provider, baseURL, name, key) {
    this.secrets.push(key)
    const added = await this.cli({ input: key }, 'accounts', 'add', '--provider', provider, '--base-url', baseURL, '--name', name,
      '--key-stdin', '--json')
    if (!added.ok) fail(`account ${name}: ${added.message}`)
    return added
  }

  async imitate(vendor) {
    this.vendors[vendor] = []
    for (let i = 0; i < 2; i++) {
      this.vendors[vendor].push(await this.startImitation(vendor, models[vendor]))
    }
  }

  /** A vendor with as many accounts as it has keys. */
  async startImitation(vendor, models, { keys: count = 1, more = [] } = {}) {
    const keys = Array.from({ length: count }, () => newKey(vendor))
    const flags = ['-vendor', vendor, '-key', keys.join(','), '-models', models.join(','), '-page', '5', ...more]
    const child = this.spawn(need('SDK_IMITATION'), flags)
    child.stderr.on('data', (b) => process.stderr.write(b))
    const hello = JSON.parse(await firstLine(child))
    return new Imitation(hello.url, hello.base_url, keys)
  }

  /** Starts `metapi serve` and resolves to its status once it serves. */
  async serve() {
    const child = this.server = this.spawn(need('SDK_METAPI'), ['serve', '--json', '--port', '0', ...this.serveFlags])
    child.stderr.on('data', (b) => { this.said += b })
    let json = ''
    let serves = false
    return await new Promise((resolve, reject) => {
      child.once('exit', (code) => reject(new Error(`metapi serve ended with ${code}: ${this.said}`)))
      child.stdout.on('data', (b) => {
        this.said += b
        json += b
        if (serves || !json.endsWith('}\n')) return // it tells again when it has moved
        serves = true
        resolve(JSON.parse(json))
      })
    })
  }

  spawn(command, args) {
    const child = spawn(command, args, { env: this.env, stdio: ['pipe', 'pipe', 'pipe'] })
    this.children.add(child)
    child.once('exit', () => this.children.delete(child))
    return child
  }

  /** Runs one command of metapi, which must end well, and resolves to what it printed, as JSON where it was asked for that. */
  async cli({ input = '', quiet = false }, ...args) {
    const out = await new Promise((resolve, reject) => {
      const child = execFile(need('SDK_METAPI'), args, { env: this.env, timeout: 20_000, maxBuffer: 64 << 20 }, (error, stdout, stderr) => {
        this.said += stderr + (quiet ? '' : stdout)
        if (error) reject(new Error(`metapi ${args.join(' ')}: ${stderr || error.message}`))
        else resolve(stdout)
      })
      child.stdin.on('error', () => {}) // a command that wants no input may have ended
      child.stdin.end(input)
    })
    return args.includes('--json') ? JSON.parse(out) : out
  }

  usage() { return this.cli({}, 'usage', '--json', '--limit', '100000') }

  /** The ledger's row of a request, once it is settled: a client has its last byte a moment before. */
  async row(id) {
    for (let tries = 0; ; tries++) {
      const row = (await this.usage()).rows.find((r) => r.id === id)
      if (row && row.state !== 'running' || tries === 20) return row
      await sleep(50)
    }
  }

  /** Stops metapi as a person would, and resolves to its exit code. */
  async stopServing() {
    const ended = once(this.server, 'exit')
    await this.cli({}, 'stop')
    return (await ended)[0]
  }

  kill() {
    for (const child of this.children) child.kill('SIGKILL')
    rmSync(this.dir, { recursive: true, force: true })
  }

  async end() {
    const ended = [...this.children].map((child) => once(child, 'exit'))
    for (const child of this.children) child.kill('SIGTERM')
    await Promise.race([Promise.all(ended), sleep(5000, undefined, { ref: false })])
    this.kill()
  }
}

async function firstLine(child) {
  const lines = createInterface({ input: child.stdout })
  const [line] = await Promise.race([once(lines, 'line'), once(child, 'exit').then(([code]) => fail(`${child.spawnfile} ended with ${code}`))])
  return line
}
