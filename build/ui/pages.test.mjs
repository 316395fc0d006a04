// Every page and flow in a real browser, against the real metapi in front of imitations. The tests are one story and run in order: what
// one has made the next uses. See build/ui/test.
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { setTimeout } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { after, before, describe, test } from 'node:test'
import { ms } from '../sdk/imitation.mjs'
import { eventually } from '../sdk/matrix.mjs'
import { Desk, narrow, offered, wide } from './world.mjs'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const paths = ['/', '/accounts', '/models', '/routing', '/tools', '/requests', '/explain', '/explain/replay', '/playground', '/costs', '/settings', '/doctor']

/** An image of one point. */
const tiny = 'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='

/** What axe finds that is serious or worse, in words. */
async function accessibility(page) {
  await page.evaluate(axe) // the page's own policy forbids a script element
  const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }))
  return found.violations
    .filter((v) => ['serious', 'critical'].includes(v.impact))
    .map((v) => `${v.id}: ${v.help}: ${v.nodes.map((n) => n.target.join(' ')).join(', ')}`)
}

const open = (page, path) => page.evaluate((p) => { location.hash = p }, path)
/** Asks until the answer is the one that is wanted: a page shows a change at once, and Metapi has it a moment later. */
async function settles(ask, want) {
  for (const end = Date.now() + 10_000; Date.now() < end; await setTimeout(50)) if (isDeepStrictEqual(await ask(), want)) return
  assert.deepEqual(await ask(), want)
}
const row = (page, text) => page.getByRole('row').filter({ hasText: text })

describe('pages', { concurrency: 1 }, () => {
  /** @type {Desk} */
  let desk
  let page
  const at = {} // imitations by the name of their account

  before(async () => {
    desk = await new Desk().start()
    page = await desk.page()
  })
  after(() => desk.end())

  /** Does something on the page, and waits for a sentence that tells so. */
  const told = (text) => page.getByRole('alert').filter({ hasText: text }).last().waitFor()

  test('a link lets one page in, once, and the address keeps no secret', async () => {
    const link = await desk.link()
    const context = await desk.browser.newContext()
    const first = await context.newPage()
    await first.goto(link)
    await first.getByRole('heading', { name: 'Overview' }).waitFor()
    assert.doesNotMatch(first.url(), /code/)
    await first.reload()
    await first.getByRole('heading', { name: 'Overview' }).waitFor()
    const second = await context.newPage()
    await second.goto(link)
    await second.getByRole('heading', { name: 'This link cannot be used' }).waitFor()
    assert.match(await second.locator('main').innerText(), /has been used/)
    assert.deepEqual(await context.cookies(), [], 'a cookie goes to every port of this machine')
    const uninvited = await context.newPage()
    await uninvited.goto(desk.url + '/ui/')
    await uninvited.getByText('metapi ui').waitFor()
    await context.close()
  })

  test('with nothing in it, every page says what to do first', async () => {
    const first = { '/': 'Three steps to the first answer', '/accounts': 'No account yet', '/models': 'No models yet', '/routing': 'No rule yet', '/tools': 'No tool yet', '/requests': 'No request yet', '/explain': 'No request to explain yet', '/explain/replay': 'Nothing has been replayed yet', '/playground': 'No model to talk to yet', '/costs': 'Nothing was spent', '/doctor': 'Nothing has been looked at yet' }
    for (const [path, words] of Object.entries(first)) {
      await open(page, path)
      await page.getByRole('heading', { name: words }).waitFor()
      assert.equal(await page.getByRole('search').count(), 0, 'where there is nothing, nothing is to be filtered')
    }
  })

  for (const scheme of ['light', 'dark']) {
    test(`axe finds nothing serious on empty pages, ${scheme}`, () => everyPage(scheme))
  }

  async function everyPage(scheme) {
    for (const viewport of [wide, narrow]) {
      const p = await desk.page({ scheme, viewport })
      for (const path of paths) {
        await open(p, path)
        await p.getByRole('heading', { level: 1 }).waitFor()
        assert.deepEqual(await accessibility(p), [], `${path} ${viewport.width}`)
        const overflow = await p.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
        assert.ok(overflow <= 0, `${path} is ${overflow} px wider than a window of ${viewport.width}`)
      }
      assert.deepEqual(p.wrong, [])
      await p.context().close()
    }
  }

  test('add an account: a pasted key tells its provider, a refused one keeps nothing', async () => {
    at.anthropic = await desk.startImitation('anthropic', offered.anthropic)
    desk.secrets.push(at.anthropic.key)
    await open(page, '/')
    await page.getByRole('button', { name: 'Add an account' }).click()
    const dialog = page.getByRole('dialog', { name: 'Add an account' })
    const key = dialog.getByRole('textbox', { name: 'Key' })
    await key.fill('export ANTHROPIC_API_KEY="sk-ant-api03-' + 'wrong'.repeat(19) + '"')
    await dialog.getByRole('status').filter({ hasText: 'Anthropic' }).waitFor()
    assert.equal(await dialog.getByRole('combobox', { name: 'Provider' }).inputValue(), 'Anthropic')
    assert.equal(await key.getAttribute('type'), 'password', 'a key is not shown to who looks over a shoulder')
    await dialog.getByRole('textbox', { name: 'Base URL' }).fill(at.anthropic.baseURL)
    await dialog.getByRole('button', { name: 'Add', exact: true }).click()
    await dialog.getByRole('alert').filter({ hasText: 'Nothing was kept' }).waitFor()
    assert.deepEqual(await desk.cli({}, 'accounts', 'list', '--json'), [])

    await key.fill(at.anthropic.key)
    await dialog.getByRole('button', { name: 'Add', exact: true }).click()
    await dialog.waitFor({ state: 'hidden' })
    await told('with 3 models')
    await open(page, '/accounts')
    await page.getByRole('article', { name: 'Anthropic' }).getByText('Ready').waitFor()
    assert.doesNotMatch(await page.content(), new RegExp(at.anthropic.key))
  })

  test('look for models on this machine: nothing is asked before a person agrees, and what is found is added by a click', async () => {
    let asked = 0
    const ollama = createServer((req, res) => {
      asked++
      assert.equal(req.headers.authorization, undefined)
      if (req.url === '/') return res.end('Ollama is running')
      if (req.url !== '/v1/models') return res.writeHead(404).end()
      res.setHeader('content-type', 'application/json')
      res.end(JSON.stringify({ object: 'list', data: [{ id: 'qwen3:4b', object: 'model', owned_by: 'library' }] }))
    })
    await new Promise((resolve) => ollama.listen(0, '127.0.0.1', resolve))
    const port = ollama.address().port
    try {
      await open(page, '/accounts')
      await page.getByRole('button', { name: 'Look on this machine' }).click()
      const dialog = page.getByRole('dialog', { name: 'Look for models on this machine' })
      await dialog.getByText('11434').waitFor()
      await dialog.getByRole('textbox', { name: 'Another port' }).fill(String(port))
      assert.equal(asked, 0)
      await dialog.getByRole('button', { name: 'Ask them' }).click()
      const found = dialog.getByRole('listitem').filter({ hasText: `http://127.0.0.1:${port}/v1` })
      await found.getByText('they cost nothing').waitFor()
      await found.getByText('1 model: qwen3:4b').waitFor()
      assert.deepEqual(await accessibility(page), [])
      await found.getByRole('button', { name: /^Add Ollama/ }).click()
      await found.getByText('Added').waitFor()
      await page.keyboard.press('Escape')
      await dialog.waitFor({ state: 'hidden' })
      await page.getByRole('article', { name: 'Ollama' }).getByText('1 model').waitFor()
      await desk.cli({}, 'accounts', 'remove', 'ollama')
      await page.getByRole('article', { name: 'Ollama' }).waitFor({ state: 'detached' })
    } finally {
      ollama.closeAllConnections()
      ollama.close()
    }
  })

  test('add an account of a relay: its address is asked for, and an unreachable one can be kept', async () => {
    at.relay = await desk.startImitation('openai', offered.relay)
    desk.secrets.push(at.relay.key)
    await page.keyboard.press('Control+n')
    const dialog = page.getByRole('dialog', { name: 'Add an account' })
    await dialog.getByRole('textbox', { name: 'Key' }).fill('relay-key-of-no-known-form-0123456789')
    await dialog.getByRole('combobox', { name: 'Provider' }).click()
    await page.getByRole('option', { name: 'OpenAI-compatible' }).click()
    const add = dialog.getByRole('button', { name: 'Add', exact: true })
    assert.ok(await add.isDisabled(), 'without an address there is nothing to add')
    await dialog.getByRole('textbox', { name: 'Base URL' }).fill('http://127.0.0.1:9/v1')
    await dialog.getByRole('textbox', { name: 'Name' }).fill('Away')
    await add.click()
    await dialog.getByRole('alert').filter({ hasText: 'Nothing answers' }).waitFor()
    await dialog.getByRole('button', { name: 'Keep it all the same, and try later' }).click()
    await dialog.waitFor({ state: 'hidden' })
    await page.getByRole('article', { name: 'Away' }).getByText('No models').waitFor()
    at.relay.name = 'Relay'
    await desk.addAccount('openai-compatible', at.relay.baseURL, 'Relay', at.relay.key)
    await page.getByRole('article', { name: 'Relay' }).getByText('64 models').waitFor() // the command line's change shows by itself
  })

  test('an address pasted with its key is taken apart, and an address alone asks for the key', async () => {
    const paste = async (text) => {
      await page.evaluate((t) => navigator.clipboard.writeText(t), text)
      await page.keyboard.press('Control+v')
    }
    await page.getByRole('button', { name: 'Add an account' }).click()
    const dialog = page.getByRole('dialog', { name: 'Add an account' })
    const key = dialog.getByRole('textbox', { name: 'Key' })
    await key.focus()
    await paste('https://relay.example/v1')
    await dialog.getByRole('status').filter({ hasText: 'paste its key' }).waitFor()
    assert.equal(await key.inputValue(), '')
    await paste('Address: https://other.example/v1\nKey: sk-' + 'x'.repeat(20)) // of no vendor in particular: OpenAI's begin so, too
    await dialog.getByRole('status').filter({ hasText: 'This may be a key of Relay' }).waitFor()
    assert.equal(await key.inputValue(), 'sk-' + 'x'.repeat(20))
    assert.equal(await dialog.getByRole('textbox', { name: 'Base URL' }).inputValue(), 'https://other.example/v1')
    assert.equal(await dialog.getByRole('combobox', { name: 'Provider' }).inputValue(), 'OpenAI-compatible')
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'hidden' })
  })

  test('a slow answer is waited for, and not asked for twice', async () => {
    let asked = 0
    let answer
    const held = new Promise((resolve) => { answer = resolve })
    await page.route('**/api/accounts', async (route) => {
      if (route.request().method() !== 'POST') return route.continue()
      asked++
      await held
      await route.fulfill({ status: 422, contentType: 'application/problem+json', json: { status: 422, code: 'invalid', detail: 'Slow, and refused.', hint: 'Do better. `metapi accounts` does it.' } })
    })
    await page.getByRole('button', { name: 'Add an account' }).click()
    const dialog = page.getByRole('dialog', { name: 'Add an account' })
    await dialog.getByRole('textbox', { name: 'Key' }).fill('sk-ant-api03-' + 'slow'.repeat(24))
    await dialog.getByRole('status').filter({ hasText: 'Anthropic' }).waitFor()
    await page.keyboard.press('Enter')
    const add = dialog.locator('button[type=submit]')
    await add.and(page.locator('[data-loading]')).waitFor()
    await dialog.getByRole('textbox', { name: 'Key' }).press('Enter')
    answer()
    const alert = dialog.getByRole('alert').filter({ hasText: 'Slow, and refused.' })
    await alert.waitFor()
    assert.equal(asked, 1)
    assert.match(await alert.innerText(), /Do better\.$/, 'a page names no command')
    await page.unroute('**/api/accounts')
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'hidden' })
  })

  test('remove an account, and bring it back as it was', async () => {
    const more = async (name, item) => {
      await page.getByRole('button', { name: `More about ${name}` }).click()
      await page.getByRole('menuitem', { name: item }).click()
    }
    await more('Away', 'Remove')
    await page.getByRole('article', { name: 'Away' }).waitFor({ state: 'detached' })
    assert.equal((await desk.cli({}, 'accounts', 'list', '--json')).length, 2)
    await page.getByRole('button', { name: 'Undo' }).click()
    await page.getByRole('article', { name: 'Away' }).waitFor()
    const back = (await desk.cli({}, 'accounts', 'list', '--json')).find((a) => a.name === 'Away')
    assert.equal(back.slug, 'away')
    await more('Away', 'Remove')
    await page.getByRole('article', { name: 'Away' }).waitFor({ state: 'detached' })
  })

  test('rename, order, leave out, and replace a key', async () => {
    at.first = await desk.account('openai', 'OpenAI work')
    at.second = await desk.account('openai', 'OpenAI private', offered.openai.slice(0, 4))
    await page.getByRole('button', { name: 'More about OpenAI work' }).click()
    await page.getByRole('menuitem', { name: 'Edit…' }).click()
    await page.getByRole('textbox', { name: 'Name' }).fill('Work')
    await page.getByRole('button', { name: 'Save', exact: true }).click()
    await page.getByRole('article', { name: 'Work', exact: true }).waitFor()

    const order = async () => (await desk.cli({}, 'accounts', 'list', '--json')).map((a) => a.name)
    assert.deepEqual(await order(), ['Anthropic', 'Relay', 'Work', 'OpenAI private'])
    const up = async (name) => {
      await page.getByRole('button', { name: `More about ${name}` }).click()
      await page.getByRole('menuitem', { name: 'Move up' }).click()
    }
    await up('Work')
    await page.getByRole('button', { name: 'Place 2: move Work' }).waitFor()
    await up('OpenAI private')
    await page.getByRole('button', { name: 'Place 3: move OpenAI private' }).waitFor()
    await page.waitForFunction(() => document.querySelectorAll('article').length === 4)
    await settles(order, ['Anthropic', 'Work', 'OpenAI private', 'Relay'])

    await page.getByRole('button', { name: 'More about Relay' }).click()
    await page.getByRole('menuitem', { name: 'Leave it out for now' }).click()
    await page.getByRole('article', { name: 'Relay' }).getByText('Paused').waitFor()
    await page.getByRole('button', { name: 'More about Relay' }).click()
    await page.getByRole('menuitem', { name: 'Use it again' }).click()
    await page.getByRole('article', { name: 'Relay' }).getByText('Ready').waitFor()

    await page.getByRole('button', { name: 'More about Work' }).click()
    await page.getByRole('menuitem', { name: 'Replace the key…' }).click()
    const dialog = page.getByRole('dialog', { name: 'Replace the key of Work' })
    await dialog.getByRole('textbox', { name: 'New key' }).fill('sk-proj-' + 'refused0'.repeat(7))
    await dialog.getByRole('button', { name: 'Replace' }).click()
    await dialog.getByText('The account keeps the key that it has.').waitFor()
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'hidden' })
    await page.getByRole('button', { name: 'Test Work' }).click()
    await told('works: 8 models')
  })

  test('models: who offers what, at which price; search finds by parts of names and by account', async () => {
    await open(page, '/models')
    await row(page, 'claude-sonnet-4-5').getByText('$3.00').waitFor()
    const shared = page.getByRole('row').filter({ has: page.getByText('gpt-4o', { exact: true }) })
    for (const slug of ['openai-work', 'openai-private', 'relay']) await shared.getByText(slug).waitFor()
    assert.match(await shared.innerText(), /\$2\.50 \?/, 'the price of a relay is not known, and that is said')
    await page.keyboard.press('/')
    await page.keyboard.type('relay house')
    await page.waitForFunction(() => document.querySelectorAll('tbody tr').length === 1)
    assert.match(await page.locator('tbody tr').innerText(), /house-model-1/)
    await page.getByRole('textbox', { name: 'Search models' }).fill('nothing has this name')
    await page.getByRole('heading', { name: 'Nothing has that name' }).waitFor()
    await page.getByRole('button', { name: 'Show all' }).click()
    await row(page, 'gpt-4o-mini').waitFor()
  })

  test('models: all that one costs, and by whose word; a refresh that fails says so and changes nothing', async () => {
    await open(page, '/models')
    await row(page, 'claude-sonnet-4-5').getByRole('button', { name: /Show all that claude-sonnet-4-5 costs/ }).first().click()
    const dialog = page.getByRole('dialog', { name: 'What claude-sonnet-4-5 costs' })
    for (const text of ['Input written to cache for an hour', 'prompts above 200000 tokens', '$22.50', 'Batch']) await dialog.getByText(text).first().waitFor()
    await dialog.getByRole('link', { name: /genai-prices/ }).waitFor()
    await page.keyboard.press('Escape')
    await row(page, 'house-model-1').getByRole('button', { name: /In cost mode it comes last/ }).first().click()
    await page.getByRole('dialog').getByText('You can write what you pay into routing.yaml').waitFor()
    await page.keyboard.press('Escape')
    await desk.cli({ quiet: true }, 'prices', 'auto', 'off', '--from', 'http://127.0.0.1:9/list.json', '--json')
    await page.getByRole('button', { name: 'Refresh now' }).click()
    await page.getByText('The prices that were known stay in force').waitFor()
    await row(page, 'claude-sonnet-4-5').getByText('$3.00').waitFor()
    await desk.cli({ quiet: true }, 'prices', 'built-in', '--json')
  })

  test('models: two thousand of ten accounts, and names with a slash', async () => {
    const models = Array.from({ length: 200 }, (_, i) => Array.from({ length: 10 }, (_, a) => ({ name: `house/model-${i}`, model: `model-${i}`, account: `account-${a}`, provider: 'openai-compatible', protocols: ['openai-chat'], last_seen: '2026-01-01T00:00:00Z' }))).flat()
    const many = await desk.page({ before: (p) => p.route('**/api/models', (route) => route.fulfill({ json: models })) })
    await open(many, '/models')
    await row(many, 'house/model-7').getByRole('button', { name: 'Show all 10 accounts' }).click()
    await row(many, 'house/model-7').getByText('account-9').waitFor()
    const drawn = await many.locator('tbody tr').count()
    assert.ok(drawn < 60, `${drawn} of 200 rows are drawn`)
    await many.evaluate(() => scrollTo(0, document.body.scrollHeight))
    await row(many, 'house/model-199').waitFor()
    assert.equal(await row(many, 'house/model-7').filter({ hasText: 'account-9' }).count(), 0)
    await many.keyboard.press('Control+k')
    await many.getByRole('textbox', { name: 'Search', exact: true }).fill('house/model-117')
    await many.getByRole('button', { name: 'house/model-117', exact: true }).click()
    await row(many, 'house/model-117').waitFor()
    assert.equal(await many.getByRole('textbox', { name: 'Search models' }).inputValue(), 'house/model-117')
    assert.equal(await many.locator('tbody tr').count(), 1)
    assert.deepEqual(many.wrong, [])
    await many.context().close()
  })

  test('connect a tool: its key is made, and the set-up has it and the address', async () => {
    await open(page, '/tools')
    await page.getByRole('button', { name: 'Connect a tool' }).click()
    const dialog = page.getByRole('dialog', { name: 'Connect a tool' })
    await dialog.getByText('Codex', { exact: true }).click()
    assert.equal(await dialog.getByRole('textbox', { name: 'Name' }).inputValue(), 'Codex')
    await dialog.getByRole('button', { name: 'Make its key' }).click()
    const setup = dialog.getByLabel('Set-up of Codex')
    await setup.waitFor()
    const text = await setup.innerText()
    assert.match(text, new RegExp(`base_url = "${desk.url}/v1"`))
    const key = /METAPI_KEY=(\S+)/.exec(text)[1]
    await dialog.getByRole('button', { name: 'Copy the key' }).click()
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), key)
    await dialog.getByText('Something else', { exact: true }).click()
    assert.match(await dialog.getByLabel('Set-up of Something else').innerText(), /"model":"claude-/, 'it works as it is: with a model that is there')
    await dialog.getByRole('button', { name: 'Done' }).click()
    const answer = await desk.chat(key, 'gpt-4o')
    assert.equal(answer.status, 200, answer.body)
    desk.key = key
  })

  test('a request is seen as it runs, and what it came to', async () => {
    await open(page, '/requests')
    await row(page, 'gpt-4o').getByText('OK').waitFor()
    await at.first.pace({ delay: ms(100) })
    const answer = desk.chat(desk.key, 'gpt-5', { stream: true, text: 'Take your time' })
    await row(page, 'gpt-5').getByText('Running').waitFor()
    await answer
    await row(page, 'gpt-5').getByText('OK').waitFor()
    await at.first.reset()
    await at.first.pace({})
    const before = await page.evaluate(() => history.length)
    await page.getByRole('button', { name: /^gpt-5, OK/ }).click()
    const detail = page.getByRole('dialog', { name: 'Request' })
    await detail.waitFor()
    assert.equal(await page.evaluate(() => history.length), before + 1, 'one step back leads back')
    const usage = (await desk.usage()).rows[0]
    await detail.getByText('Measured: the upstream').waitFor()
    assert.ok((await detail.innerText()).includes(usage.output_tokens.toLocaleString('en-US')))
    await page.keyboard.press('Escape')
    await detail.waitFor({ state: 'hidden' })
  })

  test('a failover is seen live, and why', async () => {
    await at.first.fault({ kind: '429', model: 'gpt-4o', times: 1 })
    assert.equal((await desk.chat(desk.key, 'gpt-4o', { stream: true })).status, 200)
    const cell = page.getByRole('row').filter({ hasText: 'Failed over' })
    await cell.getByText('openai-private (try 2)').waitFor()
    await cell.getByRole('button').click()
    const detail = page.getByRole('dialog', { name: 'Request' })
    await detail.getByText('What was tried').waitFor()
    const text = await detail.innerText()
    assert.match(text, /Work\n[^]*Rate limit[^]*HTTP 429[^]*OpenAI private\n[^]*HTTP 200/)
    assert.match(text, /Mode: Failover\. 3 accounts could serve/)
    await detail.getByRole('button', { name: 'Copy a report' }).click()
    await detail.getByRole('button', { name: 'Copied' }).waitFor()
    const report = await page.evaluate(() => navigator.clipboard.readText())
    assert.match(report, /1\. openai, as gpt-4o: HTTP 429 [^]*2\. openai, as gpt-4o: HTTP 200/)
    assert.doesNotMatch(report, /127\.0\.0\.1|Work/, 'a report for others names no account and no address')
    await page.keyboard.press('Escape')
    await open(page, '/accounts')
    await page.getByRole('article', { name: 'Work', exact: true }).getByText('Partly cooling').waitFor()
    await page.getByRole('button', { name: 'Test Work' }).click()
    await page.getByRole('article', { name: 'Work', exact: true }).getByText('Ready').waitFor()
    await at.first.reset()
  })

  test('how accounts have done lately is seen, and a cooldown is seen within a second and cleared by hand', async () => {
    const card = page.getByRole('article', { name: 'Work', exact: true })
    await open(page, '/accounts')
    await card.getByText('Ready').waitFor()
    await at.first.fault({ kind: '402', model: 'gpt-4o', times: 1 })
    assert.equal((await desk.chat(desk.key, 'gpt-4o')).status, 200)
    await card.getByText('Cooling', { exact: true }).waitFor({ timeout: 2000 }) // a second of it for a busy machine
    await card.getByText(/^cooling after an empty balance – tried again in \d/).waitFor()
    await card.getByText(/^Last failure just now: /).waitFor()
    await card.getByRole('img', { name: /^Answered \d+ % of attempts\. Failed of .*an empty balance.*First token within/ }).waitFor()
    assert.deepEqual(await accessibility(page), [])
    await card.getByRole('button', { name: 'Clear the cooldown of Work' }).click()
    await told('Work may be chosen again at once. What was cooling: the account for another')
    await card.getByText('Ready').waitFor({ timeout: 2000 })
    await card.getByRole('button', { name: 'Clear the cooldown of Work' }).waitFor({ state: 'detached' })
    assert.equal((await desk.chat(desk.key, 'gpt-4o')).headers.get('x-metapi-attempts'), '1')
    await open(page, '/models')
    await page.getByRole('row').filter({ hasText: /^gpt-4o/ }).getByRole('img', { name: /: Answered \d/ }).first().waitFor()
    assert.match((await desk.cli({}, 'accounts', 'clear-cooldown', 'Work', '--json')).message, /^Nothing of Work was cooling/)
    await at.first.reset()
  })

  test('a request that was translated says so', async () => {
    assert.equal((await desk.chat(desk.key, 'claude-haiku-4-5')).status, 200)
    await open(page, '/requests')
    await row(page, 'claude-haiku-4-5').getByRole('button').click()
    const detail = page.getByRole('dialog', { name: 'Request' })
    await detail.getByText('translated to Anthropic').waitFor()
    assert.match(await detail.innerText(), /OpenAI Chat/)
    await page.keyboard.press('Escape')
    await detail.waitFor({ state: 'hidden' })
  })

  test('filters of requests', async () => {
    assert.equal((await desk.chat(desk.key, 'no-such-model')).status, 404)
    await open(page, '/requests')
    await row(page, 'no-such-model').waitFor()
    await page.getByRole('combobox', { name: 'State' }).click()
    await page.getByRole('option', { name: 'Failed' }).click()
    await page.waitForFunction(() => document.querySelectorAll('.log-row').length === 1)
    await row(page, 'no-such-model').waitFor()
    assert.equal((await desk.chat(desk.key, 'another-that-is-not')).status, 404)
    await row(page, 'another-that-is-not').waitFor() // a filtered list lives, too
    await page.getByRole('button', { name: 'Show all' }).click()
    await row(page, 'gpt-5').waitFor()
  })

  test('links lead to the requests that they speak of, and back finds them again', async () => {
    const other = await desk.localKey('Other tool')
    assert.equal((await desk.chat(other, 'gpt-4o')).status, 200)
    await open(page, '/tools')
    await page.getByRole('button', { name: 'More about Other tool' }).click()
    await page.getByRole('menuitem', { name: 'Its requests' }).click()
    await page.waitForFunction(() => document.querySelectorAll('.log-row').length === 1)
    await row(page, 'Other tool').waitFor()
    await page.getByRole('navigation').getByRole('link', { name: 'Settings' }).click()
    await page.getByRole('heading', { level: 1, name: 'Settings' }).waitFor()
    await page.goBack()
    await row(page, 'Other tool').waitFor()
    assert.equal(await page.locator('.log-row').count(), 1)
    await open(page, '/')
    await page.getByRole('link', { name: '2 failed' }).click()
    await row(page, 'no-such-model').waitFor()
    assert.equal(await page.locator('.log-row').count(), 2)
    await open(page, '/accounts')
    await page.getByRole('article', { name: 'Work', exact: true }).getByText(/\d+ requests today, \$[\d.]+ – \d+ % of all/).waitFor()
  })

  test('the mode changes which account serves the next request', async () => {
    await open(page, '/')
    await page.getByRole('radio', { name: /^Load balance/ }).click()
    await page.waitForFunction(() => document.querySelector('[role=radio][aria-checked=true]')?.getAttribute('aria-label')?.startsWith('Load'))
    await settles(async () => (await desk.cli({}, 'mode', '--json')).mode, 'balance')
    await at.second.reset()
    for (let i = 0; i < 12; i++) await desk.chat(desk.key, 'gpt-4o', { text: `spread ${i}` })
    assert.ok((await at.second.calls()).length > 0, 'load balance reaches the second account')
    await desk.cli({}, 'mode', 'failover', '--json')
    await page.getByRole('radio', { name: /^Failover/, checked: true }).waitFor() // changed elsewhere, seen here
    await at.second.reset()
    for (let i = 0; i < 4; i++) await desk.chat(desk.key, 'gpt-4o', { text: `in order ${i}` })
    assert.equal((await at.second.calls()).length, 0)
  })

  test('six modes, one of them for a tool alone; a thumb on an answer, and what answers are worth', async () => {
    await open(page, '/')
    await page.getByRole('radio', { name: /^Best quality/ }).waitFor()
    assert.equal(await page.getByRole('radio', { name: /^(Failover|Load balance|Fastest|Cheapest|Best quality|Automatic)\. / }).count(), 6)
    const clients = () => desk.cli({}, 'keys', 'list', '--json')
    await open(page, '/tools')
    await page.getByRole('combobox', { name: 'Mode of Other tool' }).click()
    await page.getByRole('option', { name: 'Best quality' }).click()
    await settles(async () => (await clients()).find((c) => c.name === 'Other tool').mode, 'quality')
    await settles(() => page.getByRole('combobox', { name: 'Mode of Other tool' }).inputValue(), 'Best quality')
    const other = (await desk.cli({ quiet: true }, 'keys', 'print', 'Other tool', '--json')).key
    const asked = await desk.chat(other, 'gpt-4o:auto')
    assert.equal(asked.status, 200)
    await open(page, `/requests/${asked.headers.get('x-metapi-request-id')}`)
    const drawer = page.getByRole('dialog', { name: 'Request' })
    await drawer.getByText('Mode: Automatic.').waitFor()
    await drawer.getByText(/% good by \d+ published results, the newest of .*, which counts as \d+ answers/).first().waitFor()
    await drawer.getByRole('button', { name: 'A bad answer' }).click()
    await drawer.getByRole('button', { name: 'A bad answer', pressed: true }).waitFor()
    await drawer.getByText('Noted.').waitFor()
    await drawer.getByRole('button', { name: 'A bad answer' }).click()
    await drawer.getByRole('button', { name: 'A bad answer', pressed: false }).waitFor()
    await page.keyboard.press('Escape')
    await open(page, '/tools')
    await page.getByRole('combobox', { name: 'Mode of Other tool' }).click()
    await page.getByRole('option', { name: /^As all/ }).click()
    await settles(async () => (await clients()).find((c) => c.name === 'Other tool').mode, undefined)

    await open(page, '/settings')
    const worth = page.getByRole('radiogroup', { name: 'What answers and waiting are worth' })
    await worth.getByRole('radio', { name: 'Balanced', checked: true }).waitFor({ state: 'attached' })
    await worth.getByText('Careful').click()
    await worth.getByRole('radio', { name: 'Careful', checked: true }).waitFor({ state: 'attached' })
    await settles(async () => (await desk.cli({}, 'worth', '--json')).answer_usd, 2)
    const answer = page.getByRole('textbox', { name: 'A right answer is worth' })
    await answer.fill('$0.75')
    await answer.press('Enter')
    await worth.getByRole('radio', { name: 'My own', checked: true }).waitFor({ state: 'attached' })
    await settles(async () => (await desk.cli({}, 'worth', '--json')).answer_usd, 0.75)
    const tolerance = page.getByRole('textbox', { name: 'Good enough for the cheapest mode' })
    await tolerance.fill('90')
    await page.getByRole('heading', { level: 1 }).click()
    await settles(async () => (await desk.cli({}, 'worth', '--json')).tolerance, 0.9)
    await worth.getByText('Balanced').click()
    await settles(async () => (await desk.cli({}, 'worth', '--json')).answer_usd, 0.2)
  })

  test('a ready rule that is switched on changes who serves the next request, and undo brings back what was', async () => {
    await open(page, '/routing')
    await page.getByRole('heading', { name: 'No rule yet' }).waitFor()
    const servedBy = async () => JSON.parse((await desk.send(desk.key, { model: 'claude-sonnet-4-5', messages: [{ role: 'user', content: [{ type: 'text', text: 'What is this?' }, { type: 'image_url', image_url: { url: tiny } }] }] })).body).model
    assert.match(await servedBy(), /^claude/)
    const ready = page.getByRole('article', { name: 'Ready rule images' })
    const uses = await ready.locator('code').innerText()
    assert.match(uses, /^gpt/, 'a model of mine is named before it is switched on')
    await ready.getByRole('switch', { name: 'Ready rule images is on' }).press('Space')
    await page.getByRole('article', { name: 'images', exact: true }).getByText(`use ${uses}`).waitFor()
    const text = page.getByRole('textbox', { name: 'Text of routing.yaml' })
    assert.match(await text.inputValue(), /- name: images\n/)
    assert.equal(await servedBy(), uses)
    await page.getByRole('button', { name: 'Undo the last change' }).click()
    await page.getByRole('heading', { name: 'No rule yet' }).waitFor()
    assert.equal(await text.inputValue(), '')
    assert.match(await servedBy(), /^claude/)
  })

  test('a rule with an error in it is told at its line, and what was good stays in force', async () => {
    await open(page, '/routing')
    const text = page.getByRole('textbox', { name: 'Text of routing.yaml' })
    await text.fill('# mine\nrules:\n- name: odd # keep\n  when: tokns > 5\n  never: [relay]\n')
    const fault = page.getByRole('alert').filter({ hasText: 'Line 4, column 9' })
    await fault.getByText('tokns').waitFor()
    assert.equal(await page.locator('.yaml-lines [data-fault]').innerText(), '✕ 4')
    assert.ok(await page.getByRole('button', { name: 'Save' }).isDisabled())
    assert.deepEqual(await accessibility(page), [])
    await fault.getByRole('button', { name: 'Go to the line' }).click()
    assert.equal(await text.evaluate((t) => t.value.slice(t.selectionStart, t.selectionEnd)), '  when: tokns > 5')
    await text.fill((await text.inputValue()).replace('tokns', 'tokens'))
    await fault.waitFor({ state: 'detached' })
    await text.press('Control+s')
    await told('routing.yaml is saved')
    const odd = page.getByRole('article', { name: 'odd' })
    await odd.getByText('never relay').waitFor()

    // The same rule by the form: a condition that is wrong says where, and what is written around it stays.
    await odd.getByRole('button', { name: 'Change odd' }).click()
    const dialog = page.getByRole('dialog', { name: 'Change the rule odd' })
    const when = dialog.getByRole('textbox', { name: 'When' })
    await when.fill('tokens > "many"')
    await dialog.getByText(/Column \d+/).waitFor()
    assert.ok(await dialog.getByRole('button', { name: 'Save' }).isDisabled())
    assert.deepEqual(await accessibility(page), [])
    await when.fill('tokens > 7')
    await dialog.getByText(/Column \d+/).waitFor({ state: 'detached' })
    await dialog.getByRole('button', { name: 'Save' }).click()
    await dialog.waitFor({ state: 'hidden' })
    await page.waitForFunction(() => document.querySelector('textarea[aria-label^=Text]').value === '# mine\nrules:\n- name: odd # keep\n  when: tokens > 7\n  never: [relay]\n')

    // Off, another before it, and away with both.
    await odd.getByRole('switch', { name: 'odd is on' }).press('Space')
    await odd.getByText('off', { exact: true }).waitFor()
    await desk.cli({}, 'rules', 'add', 'second', '--mode', 'cost', '--json')
    await page.getByRole('article', { name: 'second' }).waitFor() // the command line's change shows by itself
    await page.getByRole('button', { name: 'More about second' }).click()
    await page.getByRole('menuitem', { name: 'Move up' }).click()
    await page.waitForFunction(() => document.querySelector('article')?.getAttribute('aria-label') === 'second')
    await page.getByRole('button', { name: 'More about second' }).click()
    await page.getByRole('menuitem', { name: 'Remove' }).click()
    await page.getByRole('article', { name: 'second' }).waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Undo the last change' }).click()
    await page.getByRole('article', { name: 'second' }).waitFor()
    await text.fill('')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('heading', { name: 'No rule yet' }).waitFor()
  })

  test('a virtual model and a cap are made by forms', async () => {
    await open(page, '/routing')
    await page.getByRole('button', { name: 'Add a virtual model' }).click()
    const dialog = page.getByRole('dialog', { name: 'Add a virtual model' })
    await dialog.getByRole('textbox', { name: 'Name' }).fill('coder')
    await dialog.getByLabel('Models that serve').first().fill('claude-haiku-4-5')
    await page.keyboard.press('Enter')
    await page.keyboard.press('Tab')
    await dialog.getByRole('button', { name: 'Add', exact: true }).click()
    await dialog.waitFor({ state: 'hidden' })
    await row(page, 'coder').getByText('use claude-haiku-4-5').waitFor()
    assert.match(JSON.parse((await desk.chat(desk.key, 'coder')).body).model, /^claude-haiku/)
    await page.getByRole('button', { name: 'Change caps and hours of Anthropic' }).click()
    const caps = page.getByRole('dialog', { name: 'Caps and hours of Anthropic' })
    await caps.getByRole('textbox', { name: 'Requests at once' }).fill('50')
    await caps.getByRole('button', { name: 'Add hours' }).click()
    await caps.getByRole('textbox', { name: 'To', exact: true }).fill('24:00')
    assert.deepEqual(await accessibility(page), [])
    await caps.getByRole('button', { name: 'Save' }).click()
    await caps.waitFor({ state: 'hidden' })
    await row(page, 'At most 50 at once').getByText('0 used of 50 requests at once').waitFor()
    await page.getByRole('textbox', { name: 'Text of routing.yaml' }).fill('')
    await page.getByRole('button', { name: 'Save' }).click()
    await row(page, 'coder').waitFor({ state: 'detached' })
    await open(page, '/')
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor()
  })

  test('pause and resume', async () => {
    await page.getByRole('navigation').getByRole('button', { name: 'Pause' }).click()
    await page.getByText('Tools get an error until you resume.').waitFor()
    const refused = await desk.chat(desk.key, 'gpt-4o')
    assert.equal(refused.status, 503)
    assert.match(refused.body, /paused/)
    await page.getByRole('main').getByRole('heading', { name: 'Overview' }).waitFor()
    await page.getByRole('button', { name: 'Resume' }).first().click()
    await page.getByText('Tools get an error until you resume.').waitFor({ state: 'detached' })
    assert.equal((await desk.chat(desk.key, 'gpt-4o')).status, 200)
  })

  test('without a network Metapi answers all the same: it is on this machine', async () => {
    await page.evaluate(() => window.dispatchEvent(new Event('offline')))
    await page.getByRole('radio', { name: /^Load balance/ }).click()
    await page.getByRole('radio', { name: /^Load balance/, checked: true }).waitFor()
    await settles(async () => (await desk.cli({}, 'mode', '--json')).mode, 'balance') // and does not wait for a network
    await desk.cli({}, 'mode', 'failover', '--json')
    await page.getByRole('radio', { name: /^Failover/, checked: true }).waitFor()
    await page.evaluate(() => window.dispatchEvent(new Event('online')))
  })

  test('what is refused again and again is told once', async () => {
    await page.route('**/api/mode', (route) => (route.request().method() === 'PUT' ? route.fulfill({ status: 409, contentType: 'application/problem+json', json: { status: 409, code: 'conflict', detail: 'Not now.', hint: 'Later.' } }) : route.continue()))
    for (let i = 0; i < 3; i++) {
      const refused = page.waitForResponse((r) => r.request().method() === 'PUT')
      await page.getByRole('radio', { name: /^Load balance/ }).click()
      await refused
      await page.getByRole('radio', { name: /^Failover/, checked: true }).waitFor()
    }
    await told('Not now.')
    assert.equal(await page.getByRole('alert').filter({ hasText: 'Not now.' }).count(), 1)
    await page.getByRole('alert').filter({ hasText: 'Not now.' }).getByRole('button', { name: 'Close' }).click()
    await page.unroute('**/api/mode')
  })

  test('a window left open over night: the day has moved on', async () => {
    const p = await desk.page({ before: (p) => p.clock.install() })
    await p.getByRole('region', { name: 'Today' }).getByText('none yet').waitFor({ state: 'detached' })
    await p.clock.fastForward('24:00:00')
    await p.getByRole('region', { name: 'Today' }).getByText('none yet').waitFor()
    await open(p, '/requests')
    await p.locator('.log-row').first().getByRole('gridcell').last().filter({ hasText: /^[A-Z]\w+ \d+, / }).waitFor() // what was yesterday has a date
    await p.context().close()
  })

  test('a window left open over night: what it shows of the day moves on', async () => {
    const p = await desk.page({ before: (p) => p.clock.install() })
    await open(p, '/requests')
    const when = p.locator('.log-row').first().getByRole('gridcell').last()
    await when.filter({ hasText: /^\d\d:/ }).waitFor()
    await p.clock.fastForward('24:00:00')
    await when.filter({ hasText: ', ' }).waitFor()
    await p.context().close()
  })

  test('what today came to is what the ledger says', async () => {
    const { totals } = await desk.usage()
    await page.waitForFunction((n) => document.querySelector('[aria-label="Today"]')?.textContent?.includes(`Requests${n}`), totals.requests)
  })

  /** Asks on the Explain page about a pasted request. */
  const explainPasted = async (mode, text = '{\n  "model": "gpt-4o",\n  "messages": [{"role": "user", "content": "Hi"}]\n}') => {
    await open(page, '/')
    await open(page, '/explain')
    await page.getByText('Paste one').click()
    await page.getByLabel('The body of a request').fill(text)
    if (mode === 'cost') {
      await page.getByRole('combobox', { name: 'In the mode' }).click()
      await page.getByRole('option', { name: 'Cheapest' }).click()
    }
    await page.getByRole('button', { name: 'Explain', exact: true }).click()
  }
  /** A request that another account had to finish. */
  const failedOver = async () => (await desk.usage()).rows.find((r) => r.state === 'ok' && r.attempts > 1).id
  const decision = (title) => page.getByRole('region', { name: title })

  test('explain: a request from its page, as it was decided and as it would be now', async () => {
    await open(page, '/requests')
    await open(page, `/requests/${await failedOver()}`)
    const detail = page.getByRole('dialog', { name: 'Request' })
    await detail.getByText('Work: the first in your order. It could not serve after all; OpenAI private was asked then.').waitFor()
    await detail.getByRole('link', { name: 'All figures, and how it would be decided now' }).click()
    await page.getByRole('heading', { level: 1, name: 'Explain' }).waitFor()
    await decision('As it was decided').getByText('Work: the first in your order. It could not serve after all').waitFor()
    const now = decision('As it would be decided now')
    await now.getByText(/: the first in your order/).waitFor()
    await now.getByRole('row').filter({ hasText: 'OpenAI private' }).getByText(/≈ \$/).first().waitFor()
    const id = /[^/]+$/.exec(page.url())[0]
    const said = await desk.cli({}, 'explain', id, '--json')
    assert.ok((await decision('As it was decided').innerText()).includes(said.was.why), 'the command line says the same sentence')
  })

  test('explain: a pasted request, a fault in it by its line, and a budget that is spent', async () => {
    await explainPasted('', '{\n  "model": "gpt-4o",\n  "messages": [}\n')
    await page.getByRole('alert').filter({ hasText: 'Line 3, column 16' }).waitFor()
    await explainPasted('cost')
    const answer = decision('How it would be decided')
    await answer.getByText(/: about \$[\d.]+; .* would cost \$[\d.]+/).waitFor()
    await answer.getByText('Mode: Cheapest').waitFor()
    await explainPasted('', '{"contents": [{"parts": [{"text": "Hi"}]}]}')
    await page.getByRole('alert').filter({ hasText: 'does not name its model' }).waitFor()
    await page.getByRole('textbox', { name: 'Model' }).fill('gpt-4o')
    await page.keyboard.press('Enter')
    await answer.getByText('Gemini').waitFor()
    await desk.cli({}, 'budgets', 'set', 'spent', '0', '--hard', '--json')
    await page.getByRole('button', { name: 'Explain', exact: true }).click()
    await answer.getByRole('alert').filter({ hasText: 'the budget "spent" is spent' }).waitFor()
    assert.match(await answer.getByRole('list', { name: 'Left out' }).innerText(), /OpenAI private is left out: the budget "spent" is spent.*until/)
    await desk.cli({}, 'budgets', 'remove', 'spent', '--json')
  })

  test('replay: what the requests would have come to, by keyboard', async () => {
    await open(page, '/explain')
    await page.getByRole('tab', { name: 'One request' }).focus()
    await page.keyboard.press('ArrowRight')
    const button = page.getByRole('button', { name: 'Replay', exact: true })
    await button.focus()
    await page.keyboard.press('Enter')
    const table = page.getByRole('table', { name: 'What each mode would have come to' })
    await table.waitFor()
    for (const mode of ['As it really was', 'Failover', 'Load balance', 'Fastest', 'Cheapest']) await table.getByText(mode, { exact: true }).waitFor()
    await page.getByText('Each request is decided again, by the code that decides').waitFor()
    const { report } = await desk.cli({}, 'replay', '--days', '7', '--json')
    assert.equal(report.repeated, report.checked)
    assert.ok(report.compared > 0)
    await page.reload() // what was worked out is still there
    await table.waitFor()
  })

  test('a long replay shows how far it is, and can be stopped', async () => {
    const slow = await desk.page({ before: async (p) => {
      let running = true
      await p.route('**/api/replay', (route) => {
        if (route.request().method() === 'DELETE') running = false
        return route.fulfill({ json: { running, version: 1, days: 7, share: 0.42, stopped: running ? undefined : true } })
      })
    } })
    await open(slow, '/explain/replay')
    await slow.getByText('Going through your requests: 42 %').waitFor()
    assert.deepEqual(await accessibility(slow), [])
    await slow.getByRole('button', { name: 'Stop' }).click()
    await slow.getByText('Stopped before it was done.').waitFor()
    await slow.getByRole('button', { name: 'Replay', exact: true }).waitFor()
    await slow.context().close()
  })

  test('everything by keyboard', async () => {
    await page.keyboard.press('Control+3')
    await page.getByRole('heading', { level: 1, name: 'Models' }).waitFor()
    await page.evaluate(() => window.scrollTo(0, 600))
    const names = await page.getByRole('navigation').getByRole('link').allInnerTexts()
    await page.keyboard.press(`Control+${(names.findIndex((n) => n.startsWith('Settings')) + 1) % 10}`)
    await page.getByRole('heading', { level: 1, name: 'Settings' }).waitFor()
    assert.equal(await page.evaluate(() => window.scrollY), 0, 'another page begins at its top')
    await page.keyboard.press('Control+k')
    const search = page.getByRole('textbox', { name: 'Search', exact: true })
    await page.waitForFunction(() => document.activeElement?.getAttribute('aria-label') === 'Search')
    await page.keyboard.type('load bal')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await search.waitFor({ state: 'hidden' })
    await open(page, '/')
    await page.getByRole('radio', { name: /^Load balance/, checked: true }).waitFor()
    await desk.cli({}, 'mode', 'failover', '--json')
    await page.keyboard.press('Control+k')
    await page.waitForFunction(() => document.activeElement?.getAttribute('aria-label') === 'Search')
    await page.keyboard.type('connect')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await page.getByRole('dialog', { name: 'Connect a tool' }).waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog', { name: 'Connect a tool' }).waitFor({ state: 'hidden' })
    // Each step of the Tab key lands on something that is seen and has a name.
    await open(page, '/accounts')
    await page.getByRole('heading', { level: 1, name: 'Accounts' }).waitFor()
    for (let i = 0; i < 25; i++) {
      await page.keyboard.press('Tab')
      const what = await page.evaluate(() => {
        const e = document.activeElement
        const box = (e.type === 'radio' ? e.labels[0] : e).getBoundingClientRect() // what is seen of a choice is its label
        return { tag: e.tagName, name: e.getAttribute('aria-label') || e.textContent || e.labels?.[0]?.textContent, seen: box.width > 0 && box.height > 0 }
      })
      if (what.tag === 'BODY') break
      assert.ok(what.name && what.seen, JSON.stringify(what))
    }
  })

  test('doctor: each look is told as it ends, with one thing to do, and what it found can be given away', async () => {
    await fetch(desk.url + '/v1/messages', { method: 'POST', headers: { 'user-agent': 'claude-cli/2.1 (external)' }, body: '{}' })
    await open(page, '/doctor')
    await page.getByRole('button', { name: 'Look now' }).click()
    await page.getByRole('button', { name: 'Look again' }).waitFor()
    const check = (name) => page.getByRole('listitem').filter({ has: page.getByText(name, { exact: true }) })
    await check('serving').getByText('Fine').waitFor()
    await check('serving').getByText(new URL(desk.url).host).waitFor()
    const refused = check('refused').filter({ hasText: 'claude-cli/2.1' })
    await refused.getByText('Look at this').waitFor()
    assert.match(await refused.innerText(), /asked \/v1\/messages without a key, once, just now/)
    assert.match(await page.getByRole('status').innerText(), /look|failed/)
    await page.getByRole('button', { name: 'Copy report' }).click()
    assert.match(await page.evaluate(() => navigator.clipboard.readText()), /Metapi v?[^\n]+\n[^]*serving: Tools reach it at 127/)

    await page.getByRole('button', { name: 'Save diagnostics' }).click()
    const dialog = page.getByRole('dialog', { name: 'Save diagnostics' })
    for (const name of ['about.json', 'report.json', 'settings.json', 'accounts.json', 'requests.json', 'log.txt']) await dialog.getByText(name).waitFor()
    await dialog.getByText('accounts.json').click()
    await dialog.getByRole('region', { name: 'accounts.json' }).getByText('"provider"').first().waitFor()
    assert.deepEqual(await accessibility(page), [])
    const text = await dialog.evaluate((d) => d.textContent)
    for (const secret of desk.secrets) assert.ok(!text.includes(secret.slice(0, 12)), 'a key is in what is given away')
    await dialog.getByRole('button', { name: 'Save', exact: true }).click()
    const saved = await dialog.getByRole('alert').locator('code').innerText()
    assert.match(saved, /metapi-diagnostics-.*\.zip$/)
    assert.ok(existsSync(saved))
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'hidden' })

    await refused.getByRole('link', { name: 'Connect a tool' }).click()
    const connect = page.getByRole('dialog', { name: 'Connect a tool' })
    await connect.waitFor()
    await page.keyboard.press('Escape')
    await connect.waitFor({ state: 'hidden' })
    await page.getByRole('navigation').getByRole('link', { name: 'Doctor' }).click()
    await page.getByRole('heading', { name: 'Doctor' }).waitFor()
  })

  test('doctor: a look that hangs is waited for by nobody, and can be stopped', async () => {
    const slow = await desk.account('openai', 'Hangs')
    await slow.fault({ kind: 'stall-headers', on: '*', times: -1 })
    await open(page, '/doctor')
    await page.getByRole('button', { name: 'Look again' }).click()
    await page.getByRole('status').getByText(/^Looking: \d+ of \d+ done$/).waitFor()
    const check = (name) => page.getByRole('listitem').filter({ has: page.getByText(name, { exact: true }) })
    await check('database').getByText('Fine').waitFor()
    await check('hangs').getByText('Looking').waitFor()
    await page.getByRole('button', { name: 'Stop' }).click()
    await check('hangs').getByText('Not looked at').waitFor()
    await slow.reset()
    await desk.cli({}, 'accounts', 'remove', 'hangs')
  })

  test('the network: a proxy for one account and for all, certificates, and what is in force', async () => {
    await open(page, '/accounts')
    await page.getByRole('button', { name: 'More about Work' }).click()
    await page.getByRole('menuitem', { name: 'Edit…' }).click()
    const dialog = page.getByRole('dialog', { name: 'Edit Work' })
    await dialog.getByText('A proxy', { exact: true }).click()
    const address = dialog.getByRole('textbox', { name: 'Address of the proxy' })
    await address.fill('gopher://127.0.0.1:1')
    await dialog.getByRole('button', { name: 'Save' }).click()
    await dialog.getByRole('alert').filter({ hasText: 'socks5' }).waitFor()
    await address.fill('http://me:hunter2@127.0.0.1:1')
    await dialog.getByRole('button', { name: 'Save' }).click()
    await dialog.waitFor({ state: 'hidden' })
    const proxy = async () => (await desk.cli({}, 'accounts', 'list', '--json')).find((a) => a.name === 'Work').proxy
    await settles(proxy, 'http://me:***@127.0.0.1:1')

    await open(page, '/settings')
    const network = page.getByRole('region', { name: 'Network' })
    await network.getByText('No proxy', { exact: true }).click()
    await network.getByRole('button', { name: 'Save the proxy' }).click()
    await told('accounts are reached so')
    await network.getByRole('textbox', { name: 'Certificates' }).fill('/nowhere/company.pem')
    await network.getByRole('button', { name: 'Save the certificates' }).click()
    await network.getByRole('alert').filter({ hasText: 'no such file' }).waitFor()
    await network.getByRole('button', { name: 'Cancel' }).click()
    await network.getByRole('button', { name: 'Test' }).click()
    await network.getByText("the account's own: http://127.0.0.1:1").waitFor()
    await network.getByText('Settings: direct').first().waitFor()
    assert.deepEqual(await accessibility(page), [])
    await network.getByText('System', { exact: true }).click()
    await network.getByRole('button', { name: 'Save the proxy' }).click()
    await network.getByText('Settings: direct').first().waitFor({ state: 'detached' })

    await open(page, '/accounts')
    await page.getByRole('button', { name: 'More about Work' }).click()
    await page.getByRole('menuitem', { name: 'Edit…' }).click()
    await dialog.getByRole('textbox', { name: 'Address of the proxy' }).and(page.locator('[value="http://me:***@127.0.0.1:1"]')).waitFor()
    assert.deepEqual(await accessibility(page), [])
    await dialog.getByText('As in Settings', { exact: true }).click()
    await dialog.getByRole('button', { name: 'Save' }).click()
    await dialog.waitFor({ state: 'hidden' })
    await settles(proxy, undefined)
  })

  test('settings: theme, and what only the desktop app can', async () => {
    await open(page, '/settings')
    await page.getByText('Dark', { exact: true }).click()
    await page.waitForFunction(() => document.documentElement.dataset.mantineColorScheme === 'dark')
    const other = await desk.page() // another page has it, too
    await other.waitForFunction(() => document.documentElement.dataset.mantineColorScheme === 'dark')
    await other.context().close()
    await page.getByRole('region', { name: 'Appearance' }).getByText('System', { exact: true }).click()
    await page.waitForFunction(() => document.documentElement.dataset.mantineColorScheme === 'light')
    assert.ok(await page.getByRole('switch', { name: 'Start at login' }).isDisabled())
    await page.getByRole('switch', { name: 'Close to the tray' }).click({ force: true })
    await page.getByRole('switch', { name: 'Close to the tray', checked: false }).waitFor()
  })

  for (const scheme of ['light', 'dark']) {
    test(`axe finds nothing serious on full pages, ${scheme}`, () => everyPage(scheme))
  }

  test('costs: a budget is set, reached, told of, raised by a click, and removed with a way back', async () => {
    await open(page, '/costs')
    await page.getByRole('button', { name: 'Add a budget' }).click()
    const dialog = page.getByRole('dialog', { name: 'Add a budget' })
    await dialog.getByRole('textbox', { name: 'Name' }).fill('Pocket money')
    await dialog.getByRole('textbox', { name: 'Dollars' }).fill('0')
    await dialog.getByText('a day').click()
    await dialog.getByRole('switch', { name: 'Refuse requests once it is spent' }).click()
    await dialog.getByRole('button', { name: 'Add', exact: true }).click()
    await dialog.waitFor({ state: 'hidden' })
    const budget = page.getByRole('article', { name: 'Pocket money' })
    await budget.getByText('spent: requests are refused').waitFor()
    const refused = await desk.chat(desk.key, 'gpt-4o')
    assert.equal(refused.status, 429)
    assert.match(refused.body, /Pocket money/)
    assert.match(refused.body, /under Costs/)
    await budget.getByRole('button', { name: 'Raise Pocket money by $2.00' }).click()
    await budget.getByText('of $2.00').waitFor()
    assert.equal((await desk.chat(desk.key, 'gpt-4o')).status, 200)

    const [{ spent }] = await desk.cli({}, 'budgets', 'list', '--json')
    await desk.cli({}, 'budgets', 'set', 'Nearly', String(spent + 1e-7), '--per', 'day', '--json')
    const served = await desk.chat(desk.key, 'gpt-4o')
    const alert = page.getByRole('alert').filter({ hasText: 'The budget "Nearly" is spent' })
    await alert.waitFor()
    await alert.getByRole('button', { name: 'Close' }).click()
    await page.getByRole('article', { name: 'Nearly' }).getByText('whoever costs less serves').waitFor()
    assert.equal(served.status, 200)
    assert.equal((await desk.chat(desk.key, 'gpt-4o')).headers.get('x-metapi-budget'), 'Nearly')

    for (const name of ['Nearly', 'Pocket money']) {
      await page.getByRole('button', { name: `More about ${name}` }).click()
      await page.getByRole('menuitem', { name: 'Remove' }).click()
      await page.getByRole('article', { name }).waitFor({ state: 'hidden' })
      await page.getByRole('alert').filter({ hasText: `Removed “${name}”` }).getByRole('button', { name: 'Undo' }).click()
      await page.getByRole('article', { name }).waitFor()
      await desk.cli({}, 'budgets', 'remove', name, '--json')
    }
    await page.getByRole('heading', { name: 'No budget yet' }).waitFor()
  })

  test('costs: what is shown is what the ledger says, by whatever it is told apart, and it is exported whole', async () => {
    await open(page, '/costs')
    const totals = (await desk.usage()).totals
    for (const [by, label] of [['Tool', 'Costs by tool'], ['Account', 'Costs by account'], ['Model', 'Costs by model'], ['Session', 'Costs by session']]) {
      await page.getByRole('radiogroup', { name: 'Told apart by' }).getByText(by, { exact: true }).click()
      const table = page.getByRole('table', { name: label })
      await table.waitFor()
      const all = page.getByRole('button', { name: /^Show all/ })
      await settles(async () => {
        if (await all.count()) await all.click() // it comes with the table's last rows
        return (await table.locator('tbody tr').evaluateAll((rows) => rows.map((r) => Number([...r.cells].at(-4).innerText.replace(/\D/g, ''))))).reduce((a, b) => a + b, 0)
      }, totals.requests)
    }
    await page.getByRole('button', { name: 'Export' }).click()
    const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('menuitem', { name: /CSV/ }).click()])
    const lines = readFileSync(await file.path(), 'utf8').trim().split('\n')
    assert.equal(lines.length, totals.requests + 1)
    assert.match(lines[0], /^id,start,client,session,account,model/)
    assert.ok(lines.every((l) => !l.includes(desk.key)))
  })

  test('costs: another baseline and another currency hold at once, for what is past, too', async () => {
    await open(page, '/settings')
    await page.getByRole('combobox', { name: 'Savings are counted against' }).click()
    await page.getByRole('option', { name: 'The first account in your order' }).click()
    await page.getByRole('textbox', { name: 'Currency' }).fill('eur')
    await page.getByRole('textbox', { name: 'Rate' }).fill('0.5')
    await page.getByRole('button', { name: 'Save the currency' }).click()
    await told('Money is shown in EUR now')
    await open(page, '/costs')
    await page.getByText('at the first account in your order that could have served').waitFor()
    await page.getByText('Shown in EUR at your rate of 0.5 for a dollar').waitFor()
    await page.getByText(/^(≥ |≈ )?€[\d.]+$/).first().waitFor()
    const { totals, method } = await desk.usage()
    assert.match(method, /first account/)
    assert.ok(totals.compared > 0)
    await open(page, '/settings')
    await page.getByRole('textbox', { name: 'Currency' }).fill('')
    await page.getByRole('button', { name: 'Save the currency' }).click()
    await told('Money is shown in dollars now')
  })

  test('a tool that is paused says so, and is resumed by a click', async () => {
    await desk.cli({}, 'keys', 'pause', 'Other tool', '--json')
    await open(page, '/tools')
    await page.getByText('Paused: you asked for it.').waitFor()
    await page.getByRole('button', { name: 'Resume Other tool' }).click()
    await told('The requests of Other tool are taken again')
    await page.getByText('Paused: you asked for it.').waitFor({ state: 'hidden' })
  })

  test('axe finds nothing serious in dialogs', async () => {
    const opened = {
      '/accounts': () => page.getByRole('button', { name: 'Add an account' }).click(),
      '/tools': () => page.getByRole('button', { name: 'Set up Codex' }).click(),
      '/requests': async () => open(page, `/requests/${await failedOver()}`),
    }
    await explainPasted('cost')
    assert.deepEqual(await accessibility(page), [], 'a decision')
    for (const [path, act] of Object.entries(opened)) {
      await open(page, path)
      await act()
      await page.getByRole('dialog').waitFor()
      assert.deepEqual(await accessibility(page), [], path)
      await page.keyboard.press('Escape')
      await page.getByRole('dialog').waitFor({ state: 'hidden' })
    }
  })

  test('in the window: the runtime copies, opens links, tells what happened and which page is wanted', async () => {
    const p = await desk.windowPage()
    const asked = () => p.evaluate(() => window.asked)
    await p.getByRole('button', { name: 'Copy base URL for OpenAI' }).click()
    await p.waitForFunction(() => window.asked.length === 1)
    assert.deepEqual(await asked(), [['copy', `${desk.url}/v1`]])
    await p.evaluate(() => window.tell('metapi:open', '/accounts/add'))
    const dialog = p.getByRole('dialog', { name: 'Add an account' })
    await dialog.getByRole('combobox', { name: 'Provider' }).click()
    await p.getByRole('option', { name: 'Anthropic', exact: true }).click()
    await dialog.getByRole('link', { name: /^Get one at/ }).click()
    assert.match((await asked())[1].join(' '), /^open https:/)
    assert.match(p.url(), /\/ui\/#/, 'a link elsewhere does not open in the window')
    await p.evaluate(() => window.tell('metapi:lost'))
    await p.getByText('Metapi does not answer').waitFor()
    await desk.cli({}, 'mode', 'balance', '--json')
    await p.evaluate(() => window.tell('metapi', { type: 'resync' }))
    await p.getByText('Metapi does not answer').waitFor({ state: 'detached' })
    await p.keyboard.press('Escape')
    await p.getByRole('navigation').getByText('mode: balance').waitFor()
    await desk.cli({}, 'mode', 'failover', '--json')
    // The window's process answers for the desktop itself.
    await p.route('**/api/desktop', (route) => route.fulfill({ json: { window: true, tray: 'missing', tray_reason: 'This desktop has no tray.', start_at_login: false } }))
    const quit = new Promise((resolve) => p.route('**/api/desktop/quit', (route) => { resolve(true); return route.fulfill({ json: { message: 'Metapi ends.' } }) }))
    await open(p, '/settings')
    await p.evaluate(() => window.tell('metapi', { type: 'resync' }))
    await p.getByText('This desktop has no tray.').waitFor()
    assert.ok(await p.getByRole('switch', { name: 'Start at login' }).isEnabled())
    await p.getByRole('button', { name: 'Quit Metapi' }).click()
    const sure = p.getByRole('dialog', { name: 'Quit Metapi?' })
    assert.deepEqual(await accessibility(p), [])
    await sure.getByRole('button', { name: 'Quit', exact: true }).click()
    assert.ok(await quit)
    await p.context().close()
  })

  test('a passphrase is asked for: a new one twice, and a wrong one can be mended', async () => {
    let locked = 'new-passphrase'
    const given = []
    const p = await desk.page({
      before: async (p) => {
        await p.route('**/api/status', async (route) => {
          const answer = await route.fetch()
          await route.fulfill({ response: answer, json: { ...(await answer.json()), locked } })
        })
        await p.route('**/api/unlock', (route) => {
          given.push(route.request().postDataJSON().passphrase)
          if (given.at(-1) === 'wrong') return route.fulfill({ status: 422, contentType: 'application/problem+json', json: { status: 422, code: 'invalid', detail: 'That is not the passphrase.', hint: 'Try again.' } })
          locked = undefined
          return route.fulfill({ json: { message: 'Unlocked.' } })
        })
      },
    })
    const keep = p.getByRole('button', { name: 'Keep my keys under it' })
    await p.getByRole('textbox', { name: 'New passphrase' }).fill('one two three')
    await p.getByRole('textbox', { name: 'Once more' }).fill('one two')
    await p.getByText('The two differ.').waitFor()
    assert.ok(await keep.isDisabled())
    assert.deepEqual(await accessibility(p), [])
    await p.getByRole('textbox', { name: 'Once more' }).fill('one two three')
    await p.keyboard.press('Enter')
    await keep.waitFor({ state: 'detached' })
    locked = 'passphrase'
    await p.reload()
    await p.getByRole('textbox', { name: 'Passphrase' }).fill('wrong')
    await p.keyboard.press('Enter')
    await p.getByRole('alert', { name: 'That is not the passphrase.' }).waitFor()
    await p.getByRole('textbox', { name: 'Passphrase' }).fill('right')
    await p.getByRole('button', { name: 'Unlock' }).click()
    await p.getByRole('button', { name: 'Unlock' }).waitFor({ state: 'detached' })
    assert.deepEqual(given, ['one two three', 'wrong', 'right'])
    await p.context().close()
  })

  test('a fault of a page leaves the others whole', async () => {
    const p = await desk.page({ before: (p) => p.route('**/api/usage*', (route) => route.fulfill({ json: { totals: {}, groups: [{ key: 'x' }] } })) })
    await p.getByRole('heading', { name: 'This page has a fault' }).waitFor()
    await p.getByRole('navigation').getByRole('link', { name: 'Models' }).click()
    await p.getByRole('heading', { level: 1, name: 'Models' }).waitFor()
    await p.context().close()
  })

  test('what tools may continue is kept until the user wants nothing kept, and then deleted', async () => {
    const call = async (method, path) => {
      const r = await fetch(desk.url + path, { method, headers: { Authorization: `Bearer ${desk.key}`, 'Content-Type': 'application/json' }, body: method === 'POST' ? '{}' : undefined })
      return { status: r.status, ...await r.json() }
    }
    const made = await call('POST', '/v1/conversations')
    assert.equal((await call('GET', `/v1/conversations/${made.id}`)).id, made.id)
    const file = `${desk.data}/responses.db`
    assert.ok(await eventually(5000, () => existsSync(file)))
    await open(page, '/settings')
    const keep = page.getByRole('switch', { name: 'Keep what tools may continue' })
    await keep.click()
    assert.ok(await eventually(5000, async () => (await call('POST', '/v1/conversations')).status === 404 && !existsSync(file)))
    await keep.click()
    assert.ok(await eventually(5000, async () => (await call('POST', '/v1/conversations')).status === 200))
    assert.equal((await call('GET', `/v1/conversations/${made.id}`)).status, 404)
  })

  test('settings: what Metapi asks of accounts on its own, and what that may cost', async () => {
    await open(page, '/settings')
    const saved = async () => {
      const s = await desk.cli({}, 'accounts', 'probes', '--json')
      return [s.probe, s.probe_models, s.probes_per_day, s.probe_usd_per_day]
    }
    await page.getByText(/^Today: \d+ probes?, \$/).waitFor()
    const models = page.getByRole('switch', { name: 'Ask models for one token, too' })
    await models.click()
    await settles(saved, [true, true, 200, 0.05])
    await page.getByRole('textbox', { name: 'Dollars a day, at most' }).fill('0.5')
    await page.keyboard.press('Enter')
    await settles(saved, [true, true, 200, 0.5])
    await page.getByRole('textbox', { name: 'Probes a day, at most' }).fill('30')
    await page.keyboard.press('Tab')
    await settles(saved, [true, true, 30, 0.5])
    assert.deepEqual(await accessibility(page), [])
    await page.getByRole('switch', { name: 'Look after accounts' }).click()
    await settles(saved, [false, true, 30, 0.5])
    assert.ok(await models.isDisabled())
  })

  test('what a tool says is captured while the user wants it, with a sign on every page, and can be deleted', async () => {
    await open(page, '/tools')
    await page.getByRole('button', { name: 'More about Codex' }).click()
    await page.getByRole('menuitem', { name: 'Capture prompts and replies…' }).click()
    const dialog = page.getByRole('dialog', { name: 'Capture what Codex asks and is answered?' })
    await dialog.waitFor()
    assert.deepEqual(await accessibility(page), [])
    await dialog.getByRole('button', { name: 'Capture', exact: true }).click()
    await page.getByText('Prompts and replies are being captured').waitFor()
    await row(page, 'Codex').getByText('captured').waitFor()
    const said = await desk.chat(desk.key, 'gpt-4o', { text: 'A word for the captured page.' })
    assert.equal(said.status, 200)
    await page.getByText('1 request,').waitFor()
    await open(page, '/requests')
    await page.getByText('Prompts and replies are being captured').waitFor()
    await open(page, `/requests/${said.headers.get('x-metapi-request-id')}`)
    const drawer = page.getByRole('dialog', { name: 'Request' })
    await drawer.getByText('What was said').waitFor()
    assert.match(await drawer.getByLabel('Prompt', { exact: true }).innerText(), /A word for the captured page/)
    await drawer.getByText(/^Expected \$[\d.]+, was \$[\d.]+/).waitFor()
    assert.deepEqual(await accessibility(page), [])
    await page.keyboard.press('Escape')
    await open(page, '/tools')
    await page.getByRole('button', { name: 'More about Codex' }).click()
    await page.getByRole('menuitem', { name: 'Stop capturing' }).click()
    await page.getByText('Prompts and replies are being captured').waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Delete all…' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Delete all', exact: true }).click()
    await told('Deleted what was captured; requests: 1.')
    await page.getByText('Captured prompts and replies').waitFor({ state: 'detached' })
  })

  test('revoke a local key', async () => {
    await open(page, '/tools')
    await page.getByRole('button', { name: 'More about Codex' }).click()
    await page.getByRole('menuitem', { name: 'Revoke…' }).click()
    await page.getByRole('dialog', { name: 'Revoke the local key' }).waitFor()
    assert.deepEqual(await accessibility(page), [])
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke', exact: true }).click()
    await page.getByRole('heading', { name: 'No tool yet' }).or(page.getByRole('switch', { name: /Also the 1/ })).first().waitFor()
    assert.equal((await desk.chat(desk.key, 'gpt-4o')).status, 401)
  })

  test('a new port is taken at once, and this page says that it is cut off', async () => {
    await open(page, '/settings')
    const { createServer } = await import('node:net')
    const port = await new Promise((resolve) => {
      const s = createServer().listen(0, '127.0.0.1', () => { const { port } = s.address(); s.close(() => resolve(port)) })
    })
    await page.getByRole('textbox', { name: 'Port' }).fill(String(port))
    await page.getByRole('button', { name: 'Move' }).click()
    await page.getByText('Metapi does not answer').waitFor()
    const moved = await fetch(`http://127.0.0.1:${port}/`)
    assert.equal(moved.status, 200)
    assert.equal((await desk.cli({}, 'status', '--json')).addresses[0], `127.0.0.1:${port}`)
  })

  test('nothing went wrong in the page, and it asked nobody but Metapi', async () => {
    const expected = /401|422|404|ERR_|Failed to load resource|Failed to fetch/ // what the tests have refused on purpose
    assert.deepEqual(page.wrong.filter((w) => !expected.test(w)), [])
  })

  test('no secret is in the data folder or in what was said', async () => {
    await desk.stopServing()
    const { readdirSync } = await import('node:fs')
    const files = readdirSync(desk.data, { recursive: true, withFileTypes: true }).filter((f) => f.isFile())
    for (const f of files) {
      const text = readFileSync(`${f.parentPath ?? f.path}/${f.name}`, 'latin1')
      for (const s of [...desk.secrets, desk.key]) assert.ok(!text.includes(s), `a secret is in ${f.name}`)
    }
    for (const s of desk.secrets) assert.ok(!desk.said.includes(s))
  })
})
