// The world of the page tests: the real metapi with its pages, a real browser, and imitations of vendors behind the accounts.
import { chromium } from 'playwright-core'
import { World } from '../sdk/world.mjs'

/** The models of each imitation: what people have, more names than fit a page, and some that nobody knows a price of. */
export const offered = {
  openai: ['gpt-4o', 'gpt-4o-mini', 'gpt-4.1', 'gpt-5', 'gpt-5-mini', 'o3', 'o4-mini', 'text-embedding-3-small'],
  anthropic: ['claude-sonnet-4-5', 'claude-haiku-4-5', 'claude-opus-4-5'],
  gemini: ['gemini-2.5-pro', 'gemini-2.5-flash', 'gemini-2.5-flash-lite'],
  relay: ['gpt-4o', 'gpt-4o-mini', 'qwen3-coder-480b-a35b', 'house-model-1', ...Array.from({ length: 60 }, (_, i) => `relay-model-${String(i + 1).padStart(2, '0')}`)],
}

export const wide = { width: 1280, height: 820 }
export const narrow = { width: 640, height: 720 }

export class Desk extends World {
  serveFlags = ['--ui', '--first-event-timeout', '2s', '--grace', '2s']

  /** Starts metapi with nothing in it, and the browser. */
  async start() {
    process.once('exit', () => this.kill())
    for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1))
    this.url = `http://${(await this.serve()).addresses[0]}`
    this.browser = await chromium.launch({
      executablePath: process.env.UI_CHROMIUM ?? '/usr/bin/chromium',
      args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
    })
    return this
  }

  async end() {
    await this.browser?.close()
    await super.end()
  }

  /** Stands up an imitation, and an account for it unless only the vendor is wanted. */
  async account(kind, name, models = offered[kind]) {
    const vendor = kind === 'relay' ? 'openai' : kind
    const at = await this.startImitation(vendor, models)
    await this.addAccount(kind === 'relay' ? 'openai-compatible' : vendor, at.baseURL, name, at.key)
    return at
  }

  async localKey(name) {
    return (await this.cli({ quiet: true }, 'keys', 'add', name, '--json')).key
  }

  link() {
    return this.cli({ quiet: true }, 'ui', '--json').then((l) => l.url)
  }

  /** A page that has come by a link; before is done to it while it is empty. What goes wrong in it is kept, for the test to look at. */
  async page({ viewport = wide, scheme = 'light', before, ...more } = {}) {
    const context = await this.browser.newContext({ viewport, colorScheme: scheme, reducedMotion: 'reduce', locale: 'en-US', permissions: ['clipboard-read', 'clipboard-write'], ...more })
    const page = await context.newPage()
    page.setDefaultTimeout(10_000)
    page.wrong = []
    page.on('pageerror', (e) => page.wrong.push(String(e)))
    page.on('console', (m) => { if (m.type() === 'error') page.wrong.push(m.text()) })
    await before?.(page)
    await page.goto(await this.link())
    await page.getByRole('heading', { level: 1 }).waitFor()
    return page
  }

  /**
   * A page as it is in the desktop window: the runtime of the window is there, and the API lets it in. What the page asks of the runtime
   * is in window.asked; window.tell does what the window's process does.
   */
  async windowPage() {
    const code = /code=([\w-]+)/.exec(await this.link())[1]
    const { token } = await (await fetch(`${this.url}/api/session`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ code }) })).json()
    const context = await this.browser.newContext({ viewport: wide, reducedMotion: 'reduce', locale: 'en-US' })
    await context.route('**/api/**', (route) => route.continue({ headers: { ...route.request().headers(), authorization: `Bearer ${token}` } }))
    await context.addInitScript(() => {
      const listeners = {}
      window.asked = []
      window.tell = (name, data) => listeners[name]?.forEach((fn) => fn(data))
      window.runtime = {
        EventsOn: (name, fn) => { (listeners[name] ??= new Set()).add(fn); return () => listeners[name].delete(fn) },
        EventsEmit: () => {},
        BrowserOpenURL: (url) => window.asked.push(['open', url]),
        ClipboardSetText: async (text) => { window.asked.push(['copy', text]); return true },
      }
      Object.defineProperty(navigator, 'clipboard', { value: undefined })
    })
    const page = await context.newPage()
    page.setDefaultTimeout(10_000)
    await page.goto(`${this.url}/ui/`)
    await page.getByRole('heading', { level: 1 }).waitFor()
    return page
  }

  /** One chat completion, as a tool would ask for it. */
  chat(key, model, { stream = false, text = 'Hello' } = {}) {
    return this.send(key, { model, stream, messages: [{ role: 'user', content: text }] })
  }

  /** A whole body for chat completions. */
  async send(key, body) {
    const res = await fetch(`${this.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    return { status: res.status, headers: res.headers, body: await res.text() }
  }

  async messages(key, model, text = 'Hello') {
    const res = await fetch(`${this.url}/v1/messages`, {
      method: 'POST',
      headers: { 'x-api-key': key, 'anthropic-version': '2023-06-01', 'content-type': 'application/json' },
      body: JSON.stringify({ model, max_tokens: 200, messages: [{ role: 'user', content: text }] }),
    })
    return { status: res.status, body: await res.text() }
  }
}
