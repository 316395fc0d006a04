// What Metapi itself says - refusals, meanings, findings - in the language of who reads it. See build/ui/test.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { Desk, offered } from './world.mjs'

describe('sentences of Metapi', { concurrency: 1 }, () => {
  /** @type {Desk} */
  let desk

  before(async () => {
    desk = await new Desk().start()
  })
  after(() => desk.end())

  /** A page of somebody whose system speaks a language, and what it has loaded. */
  async function reader(locale) {
    const loaded = []
    const page = await desk.page({ locale, before: (page) => page.on('request', (r) => loaded.push(r.url())) })
    return { page, loaded }
  }

  test('are English for who reads English, and no other language is loaded', async () => {
    const { page, loaded } = await reader('en-US')
    await page.evaluate(() => { location.hash = '/requests/nothing' })
    await page.getByText('There is no request "nothing" in the ledger.').waitFor()
    assert.deepEqual(loaded.filter((url) => url.includes('zh-Hans')), [])
    await page.context().close()
  })

  test('are Chinese for who reads Chinese: a refusal, and what a mode means', async () => {
    const { page, loaded } = await reader('zh-CN')
    await page.getByText('按你的顺序使用账户；某个账户不能提供服务时，由下一个接替。').first().waitFor()
    await page.evaluate(() => { location.hash = '/requests/nothing' })
    await page.getByText('账本中没有请求「nothing」。').waitFor()
    assert.notEqual(loaded.filter((url) => url.includes('zh-Hans')).length, 0)
    assert.deepEqual(page.wrong.filter((w) => !w.includes('404')), [])
    await page.context().close()
  })
})

/** Pages, and texts of others, that are not put into words yet: none shall be. */
const unsaid = ['an answer is worth about', 'less what it costs and the wait', 'published results, the newest of']

/** What pages must show of the sentences that Metapi makes once there is much to tell. */
const full = {
  '/': ['某个账户不能提供服务时，由下一个接替', '节省是指'],
  '/accounts': ['上游账户的密钥被拒绝'],
  '/routing': ['规则「long context」写了「nobodys-model」，但没有账户提供它', '含有图片的请求交给擅长看图的模型'],
  '/requests': ['上游账户的密钥被拒绝'],
  '/costs': ['节省是指'],
}

const rules = `rules:
- name: long context
  when: tokens > 150000
  models: [gpt-4.1, nobodys-model]
- name: night
  never: [nobody]
accounts:
  private:
    caps: {requests_per_minute: 50, dollars_per_day: 2}
`

/** What stays as it is wherever it stands: names that people or providers gave, words of a provider, and what is typed. */
const own = ['work, private, anthropic, relay', 'Pocket money', 'Incorrect API key provided', 'You can find your API key at', 'The server had an error while processing your request. Sorry about that', 'Rate limit reached for requests per min', 'Imitation of', 'long context', 'when: tokens']

/** The English that a page shows: words behind each other of which one is not a name, since it begins small. */
function english(own) {
  const found = new Set()
  const take = (text) => {
    for (const name of own) text = text.replaceAll(name, '|')
    text = text.replace(/metapi [a-z]+/g, '|') // a command
    for (const run of text.match(/[A-Za-z][A-Za-z’'-]*(?:[,;:.]? [A-Za-z][A-Za-z’'-]*)+/g) ?? []) if (/(^| )[a-z]/.test(run)) found.add(run)
  }
  for (const part of document.querySelectorAll('main, [role=dialog]')) {
    const texts = document.createTreeWalker(part, NodeFilter.SHOW_TEXT)
    while (texts.nextNode()) if (!texts.currentNode.parentElement.closest('code, pre, style, textarea, .mono')) take(texts.currentNode.textContent)
    for (const name of ['aria-label', 'title', 'placeholder']) for (const e of part.querySelectorAll(`[${name}]`)) take(e.getAttribute(name))
  }
  return [...found]
}

describe('pages in Chinese', { concurrency: 1 }, () => {
  /** @type {Desk} */
  let desk
  let page
  const asked = new Set() // what of the API is not answered yet

  before(async () => {
    desk = await new Desk().start()
    page = await desk.page({
      locale: 'zh-CN',
      before: (page) => {
        page.on('request', (r) => { if (r.resourceType() === 'fetch' && !/events/.test(r.url())) asked.add(r) })
        for (const end of ['requestfinished', 'requestfailed']) page.on(end, (r) => asked.delete(r))
      },
    })
  })
  after(() => desk.end())

  /** Opens a page, and holds against it what of it is English. */
  async function speaks(path, ...said) {
    await page.evaluate((p) => { location.hash = p }, path)
    for (const text of said) await page.getByText(text).first().waitFor()
    for (let calm = 0, end = Date.now() + 10_000; calm < 3 && Date.now() < end; await setTimeout(50)) calm = asked.size === 0 ? calm + 1 : 0
    assert.deepEqual(await page.evaluate(english, [...own, ...unsaid]), [], path)
  }

  const navigation = async () => {
    const all = await page.locator('nav a[href^="#/"]').evaluateAll((links) => links.map((a) => a.getAttribute('href').slice(1)))
    assert.ok(all.length > 8)
    return all.filter((path) => !unsaid.includes(path))
  }

  test('say nothing in English while there is nothing yet', async () => {
    for (const path of [...await navigation(), '/accounts/add', '/explain/replay', '/requests/nothing']) await speaks(path)
  })

  test('say nothing in English of accounts, rules, budgets and requests that went well and did not', async () => {
    const work = await desk.account('openai', 'Work')
    await desk.account('openai', 'Private', offered.openai.slice(0, 4))
    await desk.account('anthropic', 'Anthropic')
    const relay = await desk.account('relay', 'Relay')
    const key = await desk.localKey('Codex')
    await desk.cli({}, 'budgets', 'set', 'Pocket money', '5', '--per', 'day', '--json')
    await page.evaluate(() => { location.hash = '/routing' })
    const text = page.locator('textarea[spellcheck=false]')
    await text.fill(rules)
    await text.press('Control+s')
    await page.getByText('nobodys-model').first().waitFor()

    for (const model of ['gpt-5-mini', 'gpt-5:auto', 'gpt-5:cost', 'house-model-1', 'no-such-model']) await desk.chat(key, model)
    await desk.messages(key, 'claude-sonnet-4-5')
    await work.fault({ kind: '429', model: 'gpt-4o', times: 1, retry_after: 'seconds' })
    await desk.chat(key, 'gpt-4o')
    await relay.fault({ kind: '401', times: -1 })
    await desk.chat(key, 'qwen3-coder-480b-a35b')
    await work.fault({ kind: '500', model: 'gpt-4.1', times: -1 })
    await desk.chat(key, 'gpt-4.1')
    await work.fault({ kind: 'stall-headers', model: 'gpt-5', times: 1 })
    await desk.chat(key, 'gpt-5')

    for (const path of await navigation()) await speaks(path, ...(full[path] ?? []))
    for (const { id } of (await desk.usage()).rows) for (const path of [`/requests/${id}`, `/explain/${id}`]) await speaks(path)
    await page.evaluate(() => { location.hash = '/explain/replay' })
    await page.getByRole('button', { name: '重放' }).click()
    await speaks('/explain/replay', '结果会是怎样')
  })
})
